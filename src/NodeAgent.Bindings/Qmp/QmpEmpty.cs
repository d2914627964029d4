namespace NodeAgent.Bindings.Qmp;

/// <summary>The empty object: no arguments, or a reply that says no more than "done".</summary>
public sealed record QmpEmpty
{
    /// <summary>The only value needed.</summary>
    public static QmpEmpty Value { get; } = new();
}
