namespace NodeAgent.Fleet;

/// <summary>How the node gets on with its manager right now. Written by the session's loop, read by everybody.</summary>
/// <param name="IsConnected">Whether a session is open and its leases are answered.</param>
/// <param name="Since">Since when it is so.</param>
internal sealed record SessionStanding(bool IsConnected, DateTimeOffset Since)
{
    /// <summary>Who answers.</summary>
    public string ManagerId { get; init; } = "";

    /// <summary>Where.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>Why it is not connected; empty when it is.</summary>
    public string Problem { get; init; } = "";
}
