using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Keeps the ledger small, on the writer's thread, in steps so short that a batch never waits long for one.
/// </summary>
internal sealed class LedgerTidy(
    LedgerFile file, LedgerTransaction transaction, LedgerHeads heads, LedgerGauge gauge, LedgerOptions options)
{
    /// <summary>How long after a commit the log file is copied back: long enough for the next request not to meet it.</summary>
    public static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(250);

    private const int TrimStep = 500;
    private const int QuietCheckpointPages = 256;
    private const int ForcedCheckpointPages = 2_048;

    private readonly LedgerStatement _firstYoungEvent = file.Database.Prepare(
        "SELECT seq FROM events WHERE seq >= $1 AND seq < $2 AND time >= $3 ORDER BY seq LIMIT 1");

    private readonly LedgerStatement _deleteEvents = file.Database.Prepare("DELETE FROM events WHERE seq < $1");
    private readonly LedgerStatement _deleteKeys = file.Database.Prepare(
        "DELETE FROM idempotency_keys WHERE rowid IN " +
        $"(SELECT rowid FROM idempotency_keys WHERE created < $1 ORDER BY created LIMIT {TrimStep})");

    private readonly LedgerStatement _oldKey = file.Database.Prepare(
        "SELECT 1 FROM idempotency_keys WHERE created < $1 LIMIT 1");

    private readonly LedgerStatement _oldOperations = file.Database.Prepare(
        "SELECT 1 FROM operations WHERE ended < $1 OR (number <= $2 AND ended IS NOT NULL) LIMIT 1");

    private readonly LedgerStatement _deleteOperations = file.Database.Prepare(
        "DELETE FROM operations WHERE number IN (SELECT number FROM operations " +
        $"WHERE ended < $1 OR (number <= $2 AND ended IS NOT NULL) LIMIT {TrimStep})");

    private readonly LedgerStatement _newestOperation = file.Database.Prepare("SELECT max(number) FROM operations");
    private readonly AuditTrim _audit = new(file, transaction, heads.Audit, options);
    private readonly EventHead _events = heads.Events;
    private int _pages;
    private bool _isBaseWritten;

    /// <summary>Does what is due.</summary>
    /// <returns>What is due next: at once for trimming, after <see cref="QuietTime"/> for a checkpoint.</returns>
    public LedgerChore Run(LedgerChore due)
    {
        if (!gauge.IsOk)
        {
            return LedgerChore.None;
        }

        _pages += file.Database.TakePagesWritten();
        LedgerChore next = LedgerChore.None;
        try
        {
            if (due.HasFlag(LedgerChore.Trim) || EventsToTrim() > EventSlack)
            {
                next |= Trim();
            }

            bool isWanted = due.HasFlag(LedgerChore.Checkpoint) && (!_isBaseWritten || _pages >= QuietCheckpointPages);
            if (isWanted || _pages >= ForcedCheckpointPages)
            {
                Checkpoint();
            }
        }
        catch (LedgerException failure)
        {
            ReportFailure(failure);
            return LedgerChore.None;
        }
        catch (SqliteException failure)
        {
            ReportFailure(LedgerException.From(failure));
            return LedgerChore.None;
        }

        return next | (!_isBaseWritten || _pages >= QuietCheckpointPages ? LedgerChore.Checkpoint : LedgerChore.None);
    }

    /// <summary>Leaves a file that is whole without its log file, and says so in it.</summary>
    public void Close()
    {
        if (!gauge.IsOk || gauge.IsSuspect)
        {
            return;
        }

        try
        {
            transaction.RunChore(static () => { }, isClosing: true);
            file.Database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (LedgerException failure)
        {
            ReportFailure(failure);
        }
        catch (SqliteException failure)
        {
            // The log file stays and is read at the next open.
            ReportFailure(LedgerException.From(failure));
        }
    }

    private long EventSlack => Math.Max(64, options.EventCount / 20);

    private long EventsToTrim() => _events.Newest - _events.Oldest + 1 - options.EventCount;

    private LedgerChore Trim()
    {
        DateTimeOffset now = gauge.Now;
        bool hasMore = TrimEvents(now) | TrimAudit(now) | TrimKeys(now) | TrimOperations(now);
        return hasMore ? LedgerChore.Trim : LedgerChore.None;
    }

    private bool TrimEvents(DateTimeOffset now)
    {
        // The newest one stays however old it is: from it the next number is known.
        long end = Math.Min(_events.Oldest + TrimStep, _events.Newest);
        long firstYoung = _firstYoungEvent.Scalar(_events.Oldest, end, RowValue.Of(now - options.EventAge)) is long young
            ? young
            : end;
        long keepFrom = Math.Max(firstYoung, Math.Min(end, _events.Newest - options.EventCount + 1));
        if (keepFrom <= _events.Oldest)
        {
            return false;
        }

        long trimmed = keepFrom - _events.Oldest;
        _events.Trim(keepFrom);
        transaction.RunChore(() => _deleteEvents.Run(keepFrom));
        gauge.CountChore(0, trimmed);
        return keepFrom == end && keepFrom < _events.Newest;
    }

    private bool TrimAudit(DateTimeOffset now)
    {
        if (!_audit.Run(now, TrimStep, out bool hasMore))
        {
            return false;
        }

        gauge.CountChore(0, 0);
        return hasMore;
    }

    private bool TrimKeys(DateTimeOffset now)
    {
        object oldest = RowValue.Of(now - options.KeyAge);
        if (_oldKey.Scalar(oldest) is null)
        {
            return false;
        }

        int removed = 0;
        transaction.RunChore(() => removed = _deleteKeys.Run(oldest));
        gauge.CountChore(0, 0);
        return removed == TrimStep;
    }

    private bool TrimOperations(DateTimeOffset now)
    {
        object oldest = RowValue.Of(now - options.OperationAge);
        object lastSurplus = (_newestOperation.Scalar() as long? ?? 0) - options.OperationCount;
        if (_oldOperations.Scalar(oldest, lastSurplus) is null)
        {
            return false;
        }

        int removed = 0;
        transaction.RunChore(() => removed = _deleteOperations.Run(oldest, lastSurplus));
        gauge.CountChore(0, 0);
        return removed == TrimStep;
    }

    private void Checkpoint()
    {
        try
        {
            file.Database.Execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (SqliteException failure) when (LedgerException.From(failure).IsDisk)
        {
            // The database can't grow, the log file perhaps can: commits tell how things stand, not this.
            return;
        }

        // The first commit after a checkpoint begins the log file anew, which costs a second sync, and only from then on
        // do its stale pages count for nothing. Both are better had here than in the next request.
        transaction.RunChore(static () => { });
        gauge.CountChore(1, 0);
        file.Database.TakePagesWritten();
        _pages = 0;
        _isBaseWritten = true;
    }

    private void ReportFailure(LedgerException failure)
    {
        if (failure.Reason == LedgerReason.Damaged)
        {
            gauge.Report(LedgerState.Damaged, failure.Message, null);
        }
        else if (failure.IsDisk)
        {
            gauge.Report(
                failure.Reason == LedgerReason.DiskFull ? LedgerState.Full : LedgerState.Failing, failure.Message, null);
        }
    }
}
