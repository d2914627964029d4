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

    /// <summary>A lease came.</summary>
    /// <param name="gap">How long after the one before of its session; <c>null</c> for the first.</param>
    /// <param name="interval">How long it ought to be.</param>
    public void CountLease(TimeSpan? gap, TimeSpan interval)
    {
        Interlocked.Increment(ref _leases);
        if (gap > 1.5 * interval)
        {
            Interlocked.Increment(ref _lateLeases);
        }

        if (gap is { } measured)
        {
            LeaseDelays.Count(measured - interval);
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

    public LeaseDelays LeaseDelays { get; } = new();

    public long Leases => Interlocked.Read(ref _leases);

    public long LateLeases => Interlocked.Read(ref _lateLeases);

    public long WholeInventories => Interlocked.Read(ref _wholeInventories);

    public long InventoryDeltas => Interlocked.Read(ref _inventoryDeltas);

    public long Events => Interlocked.Read(ref _events);

    public long RepeatedEvents => Interlocked.Read(ref _repeatedEvents);

    public long Tunnels => Interlocked.Read(ref _tunnels);
}
