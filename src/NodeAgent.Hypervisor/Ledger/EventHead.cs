namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The ends of the event log, known without a query, and the bell that rings when the newer end moves.</summary>
internal sealed class EventHead(long oldest, long newest)
{
    private readonly Lock _gate = new();
    private long _oldest = oldest;
    private long _newest = newest;
    private TaskCompletionSource? _bell;

    /// <summary>Number of the oldest event that is kept.</summary>
    public long Oldest => Volatile.Read(ref _oldest);

    /// <summary>Number of the newest durable event.</summary>
    public long Newest => Volatile.Read(ref _newest);

    /// <summary>Tells that events up to this number are durable.</summary>
    public void Publish(long newest)
    {
        TaskCompletionSource? bell;
        lock (_gate)
        {
            if (newest <= _newest)
            {
                return;
            }

            Volatile.Write(ref _newest, newest);
            bell = _bell;
            _bell = null;
        }

        bell?.SetResult();
    }

    /// <summary>
    /// Tells that events before this number are about to be removed. Said before the removal: a reader that then misses
    /// a row finds here that it was trimmed.
    /// </summary>
    public void Trim(long oldest) => Volatile.Write(ref _oldest, oldest);

    /// <summary>Ends when there is an event beyond this number.</summary>
    public Task WaitBeyondAsync(long sequence)
    {
        lock (_gate)
        {
            return _newest > sequence
                ? Task.CompletedTask
                : (_bell ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
