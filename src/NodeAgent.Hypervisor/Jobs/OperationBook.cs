using System.Collections.Concurrent;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>
/// All operations of this node: the running ones in memory, the ended ones in the ledger for as long as it keeps them.
/// None is forgotten: those that a crash interrupted are handed out once, to be settled by whoever recovers their VM.
/// </summary>
public sealed class OperationBook
{
    // The end of an operation is true before the disk has it, and a full disk can take long to take it: until this many
    // others have ended, memory answers for it.
    private const int RecentLimit = 256;
    private const int Chunk = 200;
    private readonly ConcurrentDictionary<Guid, OperationHandle> _running = new();
    private readonly ConcurrentDictionary<Guid, Operation> _recent = new();
    private readonly ConcurrentQueue<Guid> _recentOrder = new();
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

    /// <summary>Shows an operation whose begin is durable. One that has ended meanwhile, or is shown already, is left as it is.</summary>
    public void Publish(OperationHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        if (handle.Current.IsDone || !_running.TryAdd(handle.Id, handle))
        {
            return;
        }

        Changed?.Invoke(handle.Current);
    }

    /// <summary>Publishes an end that is durable.</summary>
    public void Complete(OperationHandle handle, PutOperation end)
    {
        ArgumentNullException.ThrowIfNull(handle);
        handle.Complete(end);
        if (_recent.TryAdd(handle.Id, handle.Current))
        {
            _recentOrder.Enqueue(handle.Id);
        }

        while (_recentOrder.Count > RecentLimit && _recentOrder.TryDequeue(out Guid oldest))
        {
            _recent.TryRemove(oldest, out _);
        }

        _running.TryRemove(handle.Id, out _);
        Changed?.Invoke(handle.Current);
    }

    /// <summary>An operation as it is; <c>null</c> when there is none, or it was trimmed.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public async Task<Operation?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        Remembered(id) is { } operation ? operation
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
        return [.. rows.Select(row => Remembered(row.Id) ?? Operation.From(row))];
    }

    /// <summary>Operations with a smaller number that the filter wants, newest first.</summary>
    /// <param name="below">Where to go on, the number of the last one seen; <see cref="long.MaxValue"/> for the newest.</param>
    /// <param name="limit">How many at most; fewer are given only when there are no more.</param>
    /// <param name="filter">Which are wanted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public async Task<IReadOnlyList<Operation>> ListAsync(
        long below, int limit, OperationFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var wanted = new List<Operation>();
        while (true)
        {
            var chunk = await ListAsync(below, Chunk, cancellationToken);
            foreach (var operation in chunk.Where(filter.Matches))
            {
                wanted.Add(operation);
                if (wanted.Count == limit)
                {
                    return wanted;
                }
            }

            if (chunk.Count < Chunk)
            {
                return wanted;
            }

            below = chunk[^1].Number;
        }
    }

    // Running first: what moves from one to the other is then found in at least one.
    private Operation? Remembered(Guid id) =>
        _running.TryGetValue(id, out var handle) ? handle.Current : _recent.GetValueOrDefault(id);
}
