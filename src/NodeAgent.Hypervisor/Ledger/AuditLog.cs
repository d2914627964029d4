using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The durable log of who did what. Each record carries a hash over itself and the record before it, so that none can be
/// changed, removed or put in without all later ones being written anew. Trimming keeps the hash from which the rest goes on.
/// </summary>
public sealed class AuditLog
{
    private readonly LedgerReader _reader;
    private readonly AuditHead _head;
    private readonly TimeProvider _time;
    private readonly LedgerStatement _forwards;
    private readonly LedgerStatement _backwards;

    internal AuditLog(LedgerReader reader, AuditHead head, TimeProvider time)
    {
        _reader = reader;
        _head = head;
        _time = time;
        _forwards = reader.Prepare($"SELECT {AuditRecord.Format.ColumnList} FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2");
        _backwards = reader.Prepare($"SELECT {AuditRecord.Format.ColumnList} FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2");
    }

    /// <summary>Raised on the writer's thread for each record that has become durable, in order; a subscriber must be quick.</summary>
    public event Action<AuditRecord>? Added
    {
        add => _head.Added += value;
        remove => _head.Added -= value;
    }

    /// <summary>The two ends.</summary>
    public AuditEnds Ends => _head.Ends;

    /// <summary>Records after a number, oldest first. What is missing among them is missing.</summary>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public Task<ImmutableArray<AuditRecord>> ReadAfterAsync(long sequence, int limit, CancellationToken cancellationToken) =>
        _reader.ReadAsync(() => Read(_forwards, sequence, limit), cancellationToken);

    /// <summary>Records before a number, newest first.</summary>
    /// <exception cref="LedgerException">The file is damaged, the disk fails, or the ledger is closed.</exception>
    public Task<ImmutableArray<AuditRecord>> ReadBeforeAsync(long sequence, int limit, CancellationToken cancellationToken) =>
        _reader.ReadAsync(() => Read(_backwards, sequence, limit), cancellationToken);

    /// <summary>Waits until there is a record after a number, or until the time is up.</summary>
    public async Task WaitBeyondAsync(long sequence, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await _head.WaitBeyondAsync(sequence).WaitAsync(patience, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Nothing has happened.
        }
    }

    private static ImmutableArray<AuditRecord> Read(LedgerStatement statement, long from, int limit)
    {
        ImmutableArray<AuditRecord>.Builder records = ImmutableArray.CreateBuilder<AuditRecord>();
        using SqliteDataReader reader = statement.Query(from, (long)limit);
        while (reader.Read())
        {
            records.Add(AuditRecord.Format.TryRead(reader) ?? AuditRecord.Unreadable(reader.GetInt64(0)));
        }

        return records.ToImmutable();
    }
}
