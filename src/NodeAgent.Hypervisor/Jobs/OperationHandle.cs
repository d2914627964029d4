using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>
/// A running operation in the hands of whoever does the work. Progress is told in memory; begin and end are writes that
/// the owner puts into the batch that makes them durable together with everything else they mean.
/// </summary>
public sealed class OperationHandle
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource<Operation> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private volatile Operation _current;

    internal OperationHandle(Operation first, TimeProvider time)
    {
        _current = first;
        _time = time;
    }

    /// <summary>Its id.</summary>
    public Guid Id => _current.Id;

    /// <summary>As it is now.</summary>
    public Operation Current => _current;

    /// <summary>Cancelled when somebody asked for the operation to end.</summary>
    public CancellationToken Cancelled => _cancel.Token;

    /// <summary>Completes when it has ended.</summary>
    public Task<Operation> Ended => _ended.Task;

    /// <summary>The write that makes its begin durable.</summary>
    public PutOperation BeginWrite => new(_current.ToRow());

    /// <summary>Tells how far it is.</summary>
    /// <param name="phase">What is being done now, in one word.</param>
    /// <param name="progress">0 to 100; never goes back.</param>
    public void Report(string phase, int progress)
    {
        lock (_lock)
        {
            if (_current.IsDone)
            {
                // Work that was pre-empted may still have something to say; what ended stays as it ended.
                return;
            }

            _current = _current with { Phase = phase, Progress = Math.Max(_current.Progress, progress), Updated = _time.GetUtcNow() };
        }
    }

    /// <summary>Ends it, in memory not yet: returns the write that makes the end durable.</summary>
    /// <param name="fault">Why it failed; <c>null</c> when it succeeded.</param>
    /// <param name="cancelled">Whether it was cancelled rather than failed.</param>
    public PutOperation EndWrite(OperationFault? fault, bool cancelled = false)
    {
        var now = _time.GetUtcNow();
        lock (_lock)
        {
            return new PutOperation((_current with
            {
                State = fault is null ? OperationState.Succeeded : cancelled ? OperationState.Cancelled : OperationState.Failed,
                Progress = fault is null ? 100 : _current.Progress,
                Fault = fault,
                Updated = now,
                Ended = now,
            }).ToRow());
        }
    }

    /// <summary>Publishes the end that was made durable and wakes everybody who waits for it.</summary>
    public void Complete(PutOperation end)
    {
        ArgumentNullException.ThrowIfNull(end);
        lock (_lock)
        {
            _current = Operation.From(end.Operation);
        }

        _ended.TrySetResult(_current);
    }

    internal void RequestCancel()
    {
        lock (_lock)
        {
            if (_current.IsDone)
            {
                return;
            }

            _current = _current with { CancelRequested = true, Updated = _time.GetUtcNow() };
        }

        _cancel.Cancel();
    }
}
