using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// Carries the audit log over into a new ledger: its records as they are, with their numbers and hashes, and one more that
/// tells of it. What is lost stays lost to see: no number is given out twice, so that verifying finds a hole where records
/// are missing, and one at the end where it can't be shown that none is.
/// </summary>
internal static class SalvagedAudit
{
    public static SalvageCount Write(LedgerDatabase database, SalvageSource source, (Guid LedgerId, long Commit)? mark, DateTimeOffset now)
    {
        using LedgerStatement insert = database.Prepare(AuditRecord.Format.InsertSql + " ON CONFLICT DO NOTHING");
        int carried = source.Audit.Rows.Sum(record => insert.Run(AuditRecord.Format.Values(record)));
        AuditPlace last = source.Audit.Rows.LastOrDefault()?.Place ?? PlaceOf(source, MetaRow.AuditAnchor) ?? AuditPlace.Beginning;
        AuditPlace end = EndOf(source, last, mark);
        bool isWhole = end == last && source.Audit is { IsComplete: true, Unreadable.Count: 0 };
        var tail = new AuditTail(end);
        AuditRecord report = tail.Next(new AuditDraft(now, AuditKind.Agent)
        {
            Caller = AuditDraft.Agent,
            Source = AuditDraft.Agent,
            Method = AuditRecord.Salvaged,
            Detail = string.Create(
                CultureInfo.InvariantCulture,
                $"The ledger was damaged. Of the audit log {carried} records were carried over, {source.Audit.Unreadable.Count} were unreadable; {(isWhole ? "none is missing" : "records may be missing")}."),
        });
        insert.Run(AuditRecord.Format.Values(report));
        using LedgerStatement put = database.Prepare(MetaRow.Format.UpsertSql("key"));
        put.Run(MetaRow.Format.Values(new MetaRow(MetaRow.AuditHead, report.Place.ToString())));
        put.Run(MetaRow.Format.Values(new MetaRow(MetaRow.AuditAnchor, (PlaceOf(source, MetaRow.AuditAnchor) ?? AuditPlace.Beginning).ToString())));
        return source.Audit.Count(carried);
    }

    // The newest record that there ever was, as far as anybody can tell; one further where nobody can.
    private static AuditPlace EndOf(SalvageSource source, AuditPlace last, (Guid LedgerId, long Commit)? mark)
    {
        AuditPlace? known = PlaceOf(source, MetaRow.AuditHead);
        bool isKnown = known is not null ? known.Sequence >= last.Sequence : source.Meta.IsComplete && last == AuditPlace.Beginning;
        AuditPlace end = known is not null && known.Sequence >= last.Sequence ? known : last;
        return isKnown && !MissesCommits(source, mark) ? end : end with { Sequence = end.Sequence + 1 };
    }

    private static bool MissesCommits(SalvageSource source, (Guid LedgerId, long Commit)? mark) =>
        mark is { } witness
        && (ValueOf(source, MetaRow.LedgerId) != witness.LedgerId.ToString()
            || !long.TryParse(ValueOf(source, MetaRow.Commit), NumberStyles.None, CultureInfo.InvariantCulture, out long commit)
            || commit < witness.Commit);

    private static AuditPlace? PlaceOf(SalvageSource source, string key) => AuditPlace.TryParse(ValueOf(source, key));

    private static string? ValueOf(SalvageSource source, string key) =>
        source.Meta.Rows.FirstOrDefault(row => row.Key == key)?.Value;
}
