namespace NodeAgent.Bindings.Bus;

/// <summary>
/// What is known of a unit that somebody waits for. Written on the thread of the bus, by answers and signals in the order
/// in which systemd sent them, so that the newest always wins.
/// </summary>
internal sealed class UnitWatch(string unit)
{
    private readonly TaskCompletionSource<UnitStatus?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private UnitStatus? _seen;
    private TaskCompletionSource _reset = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Unit { get; } = unit;

    /// <summary>Completes when the unit has ended, with the last that was seen of it; <c>null</c> when nothing was.</summary>
    public Task<UnitStatus?> Ended => _ended.Task;

    /// <summary>Completes when the unit must be looked at again: signals may have been missed. Take it before looking.</summary>
    public Task NextReset => Volatile.Read(ref _reset).Task;

    /// <summary>An answer: the whole state. A unit that is not there has ended.</summary>
    public void Look(UnitStatus status)
    {
        if (status.LoadState == "not-found")
        {
            _ended.TrySetResult(_seen);
        }
        else
        {
            See(status);
        }
    }

    /// <summary>A signal: some properties, as a dictionary.</summary>
    public void Change(BusReader changed) => See((_seen ?? new UnitStatus { Name = Unit }).WithAll(changed));

    public void Reset() => Interlocked.Exchange(ref _reset, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private void See(UnitStatus status)
    {
        _seen = status;
        if (status.IsEnded && !status.HasJob)
        {
            _ended.TrySetResult(status);
        }
    }
}
