using System.Collections.Concurrent;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>
/// All operations of this node: the running ones in memory, the ended ones in the ledger for as long as it keeps them.
/// None is forgotten: those that a crash interrupted are handed out once, to be settled by whoever recovers their VM.
/// </summary>
public sealed class OperationBook
{
    private readonly ConcurrentDictionary<Guid, OperationHandle> _running = new();
    private readonly NodeLedger _ledger;
    private readonly TimeProvider _time;
    private long _lastNumber;

    /// <summary>Opens the book of a ledger.</summary>
    public OperationBook(NodeLedger ledger, LedgerContents contents, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(contents);
        _ledger = ledger;
        _time = time;
        _lastNumber = contents.LastOperation;
        Interrupted = [.. contents.Unfinished.Select(row => new OperationHandle(Operation.From(row), time))];
        foreach (var handle in Interrupted)
        {
            _running[handle.Id] = handle;
        }
    }

    /// <summary>Raised when an operation begins and again when it ends.</summary>
    public event Action<Operation>? Changed;

    /// <summary>Operations that an earlier agent began and did not end.</summary>
    public IReadOnlyList<OperationHandle> Interrupted { get; }

    /// <summary>How many are under way.</summary>
    public int RunningCount => _running.Count;

    /// <summary>Makes an operation that nobody sees until its begin is durable.</summary>
    public OperationHandle Draft(string verb, Guid? vmId, RequestContext request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var now = _time.GetUtcNow();
        return new OperationHandle(
            new Operation
            {
                Id = Guid.NewGuid(),
                Number = Interlocked.Increment(ref _lastNumber),
                Verb = verb,
                VmId = vmId,
                Created = now,
                Updated = now,
                RequestId = request.RequestId,
                Caller = request.Caller,
                Epoch = _ledger.Epoch,
            },
            _time);
    }

    /// <summary>Shows an operation whose begin is durable.</summary>
    public void Publish(OperationHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        _running[handle.Id] = handle;
        Changed?.Invoke(handle.Current);
    }

    /// <summary>Publishes an end that is durable.</summary>
    public void Complete(OperationHandle handle, PutOperation end)
    {
        ArgumentNullException.ThrowIfNull(handle);
        handle.Complete(end);
        _running.TryRemove(handle.Id, out _);
        Changed?.Invoke(handle.Current);
    }

    /// <summary>An operation as it is; <c>null</c> when there is none, or it was trimmed.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public async Task<Operation?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        _running.TryGetValue(id, out var handle) ? handle.Current
            : await _ledger.FindOperationAsync(id, cancellationToken) is { } row ? Operation.From(row) : null;

    /// <summary>Waits until an operation has ended or the time is up, and returns it as it is then; <c>null</c> when there is none.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public async Task<Operation?> WaitAsync(Guid id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(id, out var handle))
        {
            return await FindAsync(id, cancellationToken);
        }

        try
        {
            return await handle.Ended.WaitAsync(timeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return handle.Current;
        }
    }

    /// <summary>Asks an operation to end. One that has ended is left as it is.</summary>
    /// <returns>False when there is no such operation.</returns>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public async Task<bool> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        if (_running.TryGetValue(id, out var handle))
        {
            handle.RequestCancel();
            return true;
        }

        return await FindAsync(id, cancellationToken) is not null;
    }

    /// <summary>Operations with a smaller number, newest first.</summary>
    /// <param name="below">Where to go on; <see cref="long.MaxValue"/> for the newest.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public async Task<IReadOnlyList<Operation>> ListAsync(long below, int limit, CancellationToken cancellationToken)
    {
        var rows = await _ledger.ListOperationsAsync(below, limit, cancellationToken);
        return [.. rows.Select(row => _running.TryGetValue(row.Id, out var handle) ? handle.Current : Operation.From(row))];
    }
}
