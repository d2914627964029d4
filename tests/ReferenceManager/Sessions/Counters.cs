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

    public long Sessions => Interlocked.Read(ref _sessions);

    public long Leases => Interlocked.Read(ref _leases);

    public long LateLeases => Interlocked.Read(ref _lateLeases);

    public long WholeInventories => Interlocked.Read(ref _wholeInventories);

    public long InventoryDeltas => Interlocked.Read(ref _inventoryDeltas);

    public long Events => Interlocked.Read(ref _events);

    public long RepeatedEvents => Interlocked.Read(ref _repeatedEvents);

    public long Tunnels => Interlocked.Read(ref _tunnels);
}
