namespace NodeAgent.Fleet;

/// <summary>A node can't join or leave a fleet.</summary>
internal sealed class FleetException(FleetReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public FleetReason Reason { get; } = reason;

    /// <summary>Whether the manager may have taken the token all the same: its answer was not heard.</summary>
    public bool MayHaveCounted { get; init; }

    /// <summary>Whether asking again would get the same answer.</summary>
    public bool IsFinal { get; init; }
}
