using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The durable state of a node: what VMs were asked for, how they were started, what is being done, what was asked
/// already, and what happened. One SQLite file, one writer, one sync for all that queued meanwhile.
/// </summary>
public sealed class NodeLedger : IAsyncDisposable
{
    private readonly LedgerFile _file;
    private readonly LedgerReader _reader;
    private readonly LedgerGauge _gauge;
    private readonly LedgerWriter _writer;
    private readonly LedgerStatement _findKey;
    private readonly LedgerStatement _findOperation;
    private readonly LedgerStatement _listOperations;
    private readonly TimeProvider _time;
    private readonly TimeSpan _keyAge;

    internal NodeLedger(LedgerFile file, LedgerOptions options, TimeProvider time, ILogger logger)
    {
        _file = file;
        _time = time;
        _keyAge = options.KeyAge;
        _gauge = new LedgerGauge(time, logger);
        _reader = new LedgerReader(file.ReadDatabase, _gauge);
        _findKey = _reader.Prepare(
            $"SELECT {KeyRow.Format.ColumnList} FROM idempotency_keys WHERE scope = $1 AND request_id = $2");
        _findOperation = _reader.Prepare($"SELECT {OperationRow.Format.ColumnList} FROM operations WHERE id = $1");
        _listOperations = _reader.Prepare(
            $"SELECT {OperationRow.Format.ColumnList} FROM operations WHERE number < $1 ORDER BY number DESC");
        var heads = new LedgerHeads(new EventHead(file.OldestEvent, file.NewestEvent), new AuditHead(file.Audit));
        Events = new EventLog(file.Id, _reader, heads.Events, time);
        Audit = new AuditLog(_reader, heads.Audit, time);
        var transaction = new LedgerTransaction(file, options.KeyAge);
        _writer = new LedgerWriter(
            new LedgerGroupWriter(transaction, heads, _gauge, options, logger),
            new LedgerTidy(file, transaction, heads, _gauge, options),
            options,
            time,
            logger);
    }

    /// <summary>Raised on the writer's thread when <see cref="Health"/> changed; a subscriber must be quick.</summary>
    public event EventHandler<LedgerHealth>? HealthChanged
    {
        add => _gauge.HealthChanged += value;
        remove => _gauge.HealthChanged -= value;
    }

    /// <summary>Identifies this ledger; another file, or one that was salvaged, has another id.</summary>
    public Guid Id => _file.Id;

    /// <summary>How often this ledger was opened, this time included.</summary>
    public long Epoch => _file.Epoch;

    /// <summary>How the ledger fares.</summary>
    public LedgerHealth Health => _gauge.Health;

    /// <summary>What the ledger has done since it was opened.</summary>
    public LedgerCounters Counters => _gauge.Counters;

    /// <summary>The event log.</summary>
    public EventLog Events { get; }

    /// <summary>The audit log.</summary>
    public AuditLog Audit { get; }

    /// <summary>Opens the ledger of a state directory, making or salvaging it if need be.</summary>
    /// <param name="options">Where, and how much is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where what is found is told.</param>
    public static LedgerOpenResult Open(LedgerOptions options, TimeProvider time, ILogger logger) =>
        new LedgerOpening(options, LedgerSchema.Current, time, logger).Open();

    /// <summary>
    /// Makes a batch durable, as a whole. The task ends when it is on the disk or was refused for what is stored.
    /// </summary>
    /// <param name="batch">The writes; not to be changed any more.</param>
    /// <returns><see cref="DurableCommit"/> or <see cref="RefusedCommit"/>.</returns>
    /// <exception cref="LedgerException">Nothing of it was acknowledged; <see cref="LedgerException.Reason"/> tells why.</exception>
    public Task<LedgerCommit> CommitAsync(LedgerBatch batch) => _writer.SubmitAsync(batch, isObserved: false);

    /// <summary>
    /// Records what happened already and can't be refused for want of space: when the disk takes nothing, it waits in
    /// memory, in order, and is written once the disk does.
    /// </summary>
    /// <param name="batch">The writes; not to be changed any more.</param>
    /// <returns><see cref="DurableCommit"/>, <see cref="DeferredCommit"/> or <see cref="RefusedCommit"/>.</returns>
    /// <exception cref="LedgerException">The ledger is closed or flooded, or the batch can't be written at all.</exception>
    public Task<LedgerCommit> RecordAsync(LedgerBatch batch) => _writer.SubmitAsync(batch, isObserved: true);

    /// <summary>
    /// Asks the writer for a sign of life: nothing is written, so that a full disk does not matter. Completes when its loop
    /// has come round.
    /// </summary>
    /// <exception cref="LedgerException">The ledger is closed.</exception>
    public Task ProveAliveAsync() => _writer.ProveAliveAsync();

    /// <summary>What came of a request id, if it was used and is remembered; null otherwise.</summary>
    /// <param name="scope">Whose request id it is.</param>
    /// <param name="requestId">The request id.</param>
    /// <param name="cancellationToken">Ends the wait for a turn to read.</param>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public Task<KeyRow?> FindKeyAsync(string scope, string requestId, CancellationToken cancellationToken) =>
        _reader.ReadAsync(
            () =>
            {
                using SqliteDataReader reader = _findKey.Query(scope, requestId);
                return reader.Read()
                    && KeyRow.Format.TryRead(reader) is { } key
                    && key.Created > _time.GetUtcNow() - _keyAge
                    ? key
                    : null;
            },
            cancellationToken);

    /// <summary>An operation as it is stored; null when it is unknown or was trimmed.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="cancellationToken">Ends the wait for a turn to read.</param>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public Task<OperationRow?> FindOperationAsync(Guid id, CancellationToken cancellationToken) =>
        _reader.ReadAsync(
            () =>
            {
                using SqliteDataReader reader = _findOperation.Query(RowValue.Of(id));
                return reader.Read() ? OperationRow.Format.TryRead(reader) : null;
            },
            cancellationToken);

    /// <summary>Stored operations below a number, newest first; unreadable ones are left out.</summary>
    /// <param name="below">Operations with a smaller number are given.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the wait for a turn to read.</param>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public Task<IReadOnlyList<OperationRow>> ListOperationsAsync(
        long below, int limit, CancellationToken cancellationToken) =>
        _reader.ReadAsync<IReadOnlyList<OperationRow>>(
            () =>
            {
                var rows = new List<OperationRow>();
                using SqliteDataReader reader = _listOperations.Query(below);
                while (rows.Count < limit && reader.Read())
                {
                    if (OperationRow.Format.TryRead(reader) is { } row)
                    {
                        rows.Add(row);
                    }
                }

                return rows;
            },
            cancellationToken);

    /// <summary>Writes what was submitted, closes the file in order, and releases the state directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _reader.DisposeAsync();
        _file.Dispose();
    }
}
