using Microsoft.Data.Sqlite;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Takes the oldest records off the audit log, in steps. The last one that goes leaves its number and hash behind in the
/// same transaction, so that the rest can be verified from there.
/// </summary>
internal sealed class AuditTrim(LedgerFile file, LedgerTransaction transaction, AuditHead head, LedgerOptions options)
{
    private readonly LedgerStatement _firstYoung = file.Database.Prepare(
        "SELECT seq FROM audit WHERE seq >= $1 AND seq < $2 AND time >= $3 ORDER BY seq LIMIT 1");

    private readonly LedgerStatement _lastBefore = file.Database.Prepare(
        "SELECT seq, hash FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT 1");

    private readonly LedgerStatement _delete = file.Database.Prepare("DELETE FROM audit WHERE seq < $1");

    /// <summary>Removes at most so many.</summary>
    /// <returns>Whether anything was removed.</returns>
    public bool Run(DateTimeOffset now, int step, out bool hasMore)
    {
        AuditEnds ends = head.Ends;
        // The newest one stays however old it is.
        long end = Math.Min(ends.Oldest + step, ends.Head.Sequence);
        long firstYoung = _firstYoung.Scalar(ends.Oldest, end, RowValue.Of(now - options.AuditAge)) is long young ? young : end;
        long keepFrom = Math.Max(firstYoung, Math.Min(end, ends.Head.Sequence - options.AuditCount + 1));
        hasMore = keepFrom == end && keepFrom < ends.Head.Sequence;
        if (keepFrom <= ends.Oldest)
        {
            hasMore = false;
            return false;
        }

        AuditPlace anchor = LastBefore(keepFrom) ?? ends.Anchor;
        transaction.RunChore(() =>
        {
            transaction.PutAnchor(anchor);
            _delete.Run(keepFrom);
        });
        head.Trim(anchor, keepFrom);
        return true;
    }

    private AuditPlace? LastBefore(long sequence)
    {
        using SqliteDataReader reader = _lastBefore.Query(sequence);
        return reader.Read() ? new AuditPlace(reader.GetInt64(0), reader.GetString(1)) : null;
    }
}
