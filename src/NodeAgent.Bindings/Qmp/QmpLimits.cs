namespace NodeAgent.Bindings.Qmp;

/// <summary>What one connection may cost, whatever the peer does.</summary>
public sealed record QmpLimits
{
    /// <summary>The limits used when nothing else is said.</summary>
    public static QmpLimits Default { get; } = new();

    /// <summary>
    /// Longest message accepted, in bytes. The largest that QEMU sends is the reply to <c>query-qmp-schema</c>, about
    /// 0.3 MB; a chain of many block nodes can be larger. A longer one ends the connection before it is buffered.
    /// </summary>
    public int MaxLineBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Most commands that may wait for a reply, those included that were given up but are still in QEMU.</summary>
    public int MaxPending { get; init; } = 256;

    /// <summary>
    /// Most in-band commands that are in QEMU at the same time; more wait on our side. QEMU stops reading when eight
    /// are queued, and then an out-of-band command would not get through either.
    /// </summary>
    public int MaxInBandInFlight { get; init; } = 7;

    /// <summary>
    /// Most events that may wait to be read. Zero: events are dropped on arrival, for a second monitor whose owner
    /// reads events on the first one.
    /// </summary>
    public int MaxQueuedEvents { get; init; } = 1024;

    /// <summary>Most bytes of event data that may wait to be read.</summary>
    public int MaxQueuedEventBytes { get; init; } = 1024 * 1024;

    /// <summary>Replies to nothing, errors without an id and blank lines that are ignored before the connection ends.</summary>
    public int MaxStrayMessages { get; init; } = 64;

    /// <summary>Longest wait for the greeting, and again for the answer to <c>qmp_capabilities</c>.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
