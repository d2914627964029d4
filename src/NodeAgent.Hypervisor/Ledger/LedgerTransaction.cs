using System.Globalization;
using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Makes several batches durable by one transaction and so by one sync. Each batch has a savepoint of its own: one that
/// is refused leaves no trace and disturbs no other.
/// </summary>
internal sealed class LedgerTransaction
{
    private readonly LedgerFile _file;
    private readonly LedgerTables _tables;
    private readonly AuditTail _audit;
    private readonly LedgerStatement _begin;
    private readonly LedgerStatement _commit;
    private readonly LedgerStatement _rollback;
    private readonly LedgerStatement _savepoint;
    private readonly LedgerStatement _release;
    private readonly LedgerStatement _rollbackTo;
    private bool _isOpenRecorded;

    public LedgerTransaction(LedgerFile file, TimeSpan keyAge)
    {
        _file = file;
        _audit = new AuditTail(file.Audit.Head);
        _tables = new LedgerTables(file.Database, keyAge, file.NewestEvent, _audit);
        _begin = file.Database.Prepare("BEGIN IMMEDIATE");
        _commit = file.Database.Prepare("COMMIT");
        _rollback = file.Database.Prepare("ROLLBACK");
        _savepoint = file.Database.Prepare("SAVEPOINT batch");
        _release = file.Database.Prepare("RELEASE batch");
        _rollbackTo = file.Database.Prepare("ROLLBACK TO batch");
        LastEvent = file.NewestEvent;
        LastAudit = file.Audit.Head;
        LastCommit = file.LastCommit;
    }

    /// <summary>Number of the last durable event.</summary>
    public long LastEvent { get; private set; }

    /// <summary>The last durable record of the audit log.</summary>
    public AuditPlace LastAudit { get; private set; }

    /// <summary>The records that the last transaction made durable.</summary>
    public IReadOnlyList<AuditRecord> NewAudit { get; private set; } = [];

    /// <summary>Number of the last durable transaction.</summary>
    public long LastCommit { get; private set; }

    /// <summary>Writes the batches.</summary>
    /// <returns>
    /// For each batch what became of it, or the exception that it alone caused; null when nothing was to be written,
    /// because all were refused.
    /// </returns>
    /// <exception cref="LedgerException">The disk or the file failed: none of the batches was written.</exception>
    public (LedgerCommit? Commit, LedgerException? Failure)[] Run(IReadOnlyList<LedgerBatch> batches, out bool isSynced)
    {
        var outcomes = new (LedgerCommit?, LedgerException?)[batches.Count];
        // A transaction without batches is wanted for itself: it records the open, or proves that the disk takes writes.
        isSynced = batches.Count == 0;
        try
        {
            _begin.Run();
            for (int i = 0; i < outcomes.Length; i++)
            {
                outcomes[i] = Apply(batches[i]);
                isSynced |= outcomes[i].Item1 is DurableCommit;
            }

            if (isSynced)
            {
                RecordFacts(isClosing: false);
                _commit.Run();
                _isOpenRecorded = true;
                Acknowledge();
            }
            else
            {
                _rollback.Run();
                NewAudit = [];
            }

            return outcomes;
        }
        catch (SqliteException error)
        {
            Abandon();
            throw LedgerException.From(error);
        }
    }

    /// <summary>Notes, inside a piece of housekeeping, what the audit log goes on from.</summary>
    public void PutAnchor(AuditPlace anchor) => _tables.PutMeta(MetaRow.AuditAnchor, anchor.ToString());

    /// <summary>Runs a piece of housekeeping as a transaction of its own.</summary>
    /// <exception cref="LedgerException">The disk or the file failed: nothing was changed.</exception>
    public void RunChore(Action chore, bool isClosing = false)
    {
        try
        {
            _begin.Run();
            chore();
            RecordFacts(isClosing);
            _commit.Run();
            _isOpenRecorded = true;
            Acknowledge();
        }
        catch (SqliteException error)
        {
            Abandon();
            throw LedgerException.From(error);
        }
    }

    private (LedgerCommit?, LedgerException?) Apply(LedgerBatch batch)
    {
        long before = _tables.LastEvent;
        AuditPlace auditBefore = _audit.Head;
        _savepoint.Run();
        LedgerRefusal? refusal = null;
        LedgerException? failure = null;
        try
        {
            foreach (LedgerWrite write in batch)
            {
                refusal = _tables.Apply(write);
                if (refusal is not null)
                {
                    break;
                }
            }
        }
        catch (SqliteException error)
            when (LedgerException.ReasonOf(error) == LedgerReason.Internal && _file.Database.IsInTransaction)
        {
            failure = LedgerException.From(error);
        }
        catch (Exception error) when (error is LedgerException or InvalidOperationException or NullReferenceException)
        {
            // A batch that can't be written whatever the disk does, such as one with a missing text.
            failure = error as LedgerException ?? new LedgerException(LedgerReason.Internal, error.Message, error);
        }

        if (refusal is not null || failure is not null)
        {
            _rollbackTo.Run();
            _tables.LastEvent = before;
            _audit.BackTo(auditBefore);
        }

        _release.Run();
        return refusal is not null ? (new RefusedCommit(refusal), null)
            : failure is not null ? (null, failure)
            : (new DurableCommit(_tables.LastEvent > before ? before + 1 : 0, _tables.LastEvent > before ? _tables.LastEvent : 0), null);
    }

    private void RecordFacts(bool isClosing)
    {
        _tables.PutMeta(MetaRow.Commit, (LastCommit + 1).ToString(CultureInfo.InvariantCulture));
        if (_audit.HasAdded)
        {
            _tables.PutMeta(MetaRow.AuditHead, _audit.Head.ToString());
        }

        if (!_isOpenRecorded || isClosing)
        {
            _tables.PutMeta(MetaRow.Epoch, _file.Epoch.ToString(CultureInfo.InvariantCulture));
            _tables.PutMeta(MetaRow.Clean, isClosing ? "1" : "0");
        }
    }

    private void Acknowledge()
    {
        LastEvent = _tables.LastEvent;
        LastAudit = _audit.Head;
        NewAudit = _audit.Take();
        LastCommit++;
        _file.Mark.Write(_file.Id, LastCommit);
    }

    private void Abandon()
    {
        _tables.LastEvent = LastEvent;
        _audit.BackTo(LastAudit);
        NewAudit = [];
        if (!_file.Database.IsInTransaction)
        {
            return;
        }

        try
        {
            _rollback.Run();
        }
        catch (SqliteException)
        {
            // SQLite rolled back by itself in the meantime; the next BEGIN shows if it did not.
        }
    }
}
