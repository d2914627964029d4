using System.Collections.Immutable;
using System.Globalization;
using NodeAgent.Hypervisor.Events;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Writes a new ledger from what a salvage could read.</summary>
internal sealed class SalvageTarget(string path, LedgerSchema schema, TimeProvider time)
{
    /// <summary>Writes it.</summary>
    /// <param name="source">What could be read.</param>
    /// <param name="findings">What was found damaged.</param>
    /// <param name="keptAs">Where the damaged file is.</param>
    /// <param name="mark">The last transaction that was acknowledged, by the witness beside the file.</param>
    public LedgerDamage Write(
        SalvageSource source, ImmutableArray<string> findings, string? keptAs, (Guid LedgerId, long Commit)? mark)
    {
        List<SalvageCount> counts = [];
        LedgerSeed.Create(path, schema, database =>
        {
            counts = Fill(database, source, findings, keptAs);
            counts.Add(SalvagedAudit.Write(database, source, mark, time.GetUtcNow()));
        });
        HashSet<Guid> vms = [.. source.Vms.Rows.Select(static vm => vm.Id)];
        return new LedgerDamage(
            findings,
            keptAs,
            [.. counts],
            [.. source.Vms.Unreadable],
            [.. source.Runs.Rows.Where(run => !vms.Contains(run.VmId))]);
    }

    private List<SalvageCount> Fill(
        LedgerDatabase database, SalvageSource source, ImmutableArray<string> findings, string? keptAs)
    {
        HashSet<Guid> vms = [.. source.Vms.Rows.Select(static vm => vm.Id)];
        var counts = new List<SalvageCount>
        {
            source.Vms.Count(Insert(database, VmRow.Format, source.Vms.Rows)),
            source.Runs.Count(Insert(database, RunRow.Format, source.Runs.Rows.Where(run => vms.Contains(run.VmId)))),
            source.Intents.Count(
                Insert(database, IntentRow.Format, source.Intents.Rows.Where(intent => vms.Contains(intent.VmId)))),
            source.Operations.Count(Insert(database, OperationRow.Format, source.Operations.Rows)),
            source.Keys.Count(Insert(database, KeyRow.Format, source.Keys.Rows)),
        };
        List<LedgerEvent> events = WithoutGaps(source.Events.Rows);
        counts.Add(source.Events.Count(source.Events.Rows.Count()));
        events.Add(Report((events.Count == 0 ? 0 : events[^1].Sequence) + 1, findings, keptAs, counts));
        Insert(database, LedgerEvent.Format, events);
        Insert(database, MetaRow.Format, source.Meta.Rows.Where(static row => row.Key == MetaRow.Maintenance));
        LedgerSeed.WriteFacts(database, Guid.NewGuid(), Epoch(source));
        return counts;
    }

    private static int Insert<TRow>(LedgerDatabase database, RowFormat<TRow> format, IEnumerable<TRow> rows)
        where TRow : class
    {
        // Damage can show one row in two places; the first is as good as the second.
        using LedgerStatement insert = database.Prepare(format.InsertSql + " ON CONFLICT DO NOTHING");
        return rows.Sum(row => insert.Run(format.Values(row)));
    }

    private static long Epoch(SalvageSource source)
    {
        string? stored = source.Meta.Rows.FirstOrDefault(static row => row.Key == MetaRow.Epoch)?.Value;
        long known = long.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out long epoch) ? epoch : 0;
        return Math.Max(known, source.Operations.Rows.Select(static operation => operation.Epoch).DefaultIfEmpty(0).Max());
    }

    /// <summary>Puts a marker in place of each event that is lost between two that are not.</summary>
    private List<LedgerEvent> WithoutGaps(IEnumerable<LedgerEvent> events)
    {
        var whole = new List<LedgerEvent>();
        foreach (LedgerEvent item in events)
        {
            while (whole.Count > 0 && whole[^1].Sequence + 1 < item.Sequence)
            {
                whole.Add(LedgerEvent.Unreadable(whole[^1].Sequence + 1, time.GetUtcNow()));
            }

            whole.Add(item);
        }

        return whole;
    }

    private LedgerEvent Report(
        long sequence, ImmutableArray<string> findings, string? keptAs, IEnumerable<SalvageCount> counts)
    {
        var details = new Dictionary<string, string> { ["findings"] = string.Join("; ", findings) };
        if (keptAs is not null)
        {
            details["kept_as"] = Path.GetFileName(keptAs);
        }

        foreach (SalvageCount count in counts)
        {
            details[count.Table] = string.Create(
                CultureInfo.InvariantCulture,
                $"{count.Carried} carried over, {count.Unreadable} unreadable{(count.IsComplete ? "" : ", not read to the end")}");
        }

        var payload = new EventPayload(
            "The ledger was damaged; a new one was made of what could be read.", EventSeverity.Error, Details: details);
        return new LedgerEvent(
            sequence, new EventDraft(time.GetUtcNow(), LedgerEvent.SalvagedKind, null, payload.ToJson()));
    }
}
