namespace ReferenceManager.Sessions;

/// <summary>What happened since the start, for `reference-manager status` and for the benchmark.</summary>
internal sealed class Counters
{
    private long _sessions;
    private long _leases;
    private long _lateLeases;
    private long _wholeInventories;
    private long _inventoryDeltas;
    private long _events;
    private long _repeatedEvents;
    private long _tunnels;

    public void CountSession() => Interlocked.Increment(ref _sessions);

    public void CountLease(bool isLate)
    {
        Interlocked.Increment(ref _leases);
        if (isLate)
        {
            Interlocked.Increment(ref _lateLeases);
        }
    }

    public void CountInventory(bool isWhole) => Interlocked.Increment(ref isWhole ? ref _wholeInventories : ref _inventoryDeltas);

    public void CountEvents(int stored, int repeated)
    {
        Interlocked.Add(ref _events, stored);
        Interlocked.Add(ref _repeatedEvents, repeated);
    }

    public void CountTunnel() => Interlocked.Increment(ref _tunnels);

    /// <summary>The figures as they stand.</summary>
    /// <param name="commits">Transactions of the database, which counts them itself.</param>
    public Admin.V1.Counters Write(long commits) => new()
    {
        Sessions = Interlocked.Read(ref _sessions),
        Leases = Interlocked.Read(ref _leases),
        LateLeases = Interlocked.Read(ref _lateLeases),
        WholeInventories = Interlocked.Read(ref _wholeInventories),
        InventoryDeltas = Interlocked.Read(ref _inventoryDeltas),
        Events = Interlocked.Read(ref _events),
        RepeatedEvents = Interlocked.Read(ref _repeatedEvents),
        Tunnels = Interlocked.Read(ref _tunnels),
        Commits = commits,
    };
}
