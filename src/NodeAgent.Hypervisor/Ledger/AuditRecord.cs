namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A durable record of the audit log.</summary>
/// <param name="Sequence">Its number: 1 more than the record before it.</param>
/// <param name="Fact">Who did what, and what came of it.</param>
/// <param name="Hash">Ties it to the record before it, see <see cref="AuditChain"/>; empty when it is unreadable.</param>
public sealed record AuditRecord(long Sequence, AuditDraft Fact, string Hash)
{
    /// <summary>Tells that the ledger was found damaged and what became of the audit log.</summary>
    public const string Salvaged = "ledger.salvaged";

    /// <summary>Tells how many records were lost because the disk took nothing for longer than memory could hold them.</summary>
    public const string Lost = "audit.records-lost";

    internal static readonly RowFormat<AuditRecord> Format = new(
        "audit",
        [
            "seq", "time", "until", "kind", "count", "caller", "source", "method", "subject", "vm_id", "request_id",
            "operation_id", "result", "reason", "detail", "hash",
        ],
        static row =>
        [
            row.Sequence, RowValue.Of(row.Fact.Time), RowValue.Of(row.Fact.Until), (long)row.Fact.Kind, row.Fact.Count,
            row.Fact.Caller, row.Fact.Source, row.Fact.Method, row.Fact.Subject, RowValue.Of(row.Fact.VmId),
            row.Fact.RequestId, RowValue.Of(row.Fact.OperationId), row.Fact.Result, row.Fact.Reason, row.Fact.Detail,
            row.Hash,
        ],
        static values => new AuditRecord(
            RowValue.Number(values[0]),
            new AuditDraft(RowValue.Time(values[1]), (AuditKind)RowValue.Number(values[3]))
            {
                Until = RowValue.Time(values[2]),
                Count = RowValue.Number(values[4]),
                Caller = RowValue.Text(values[5]),
                Source = RowValue.Text(values[6]),
                Method = RowValue.Text(values[7]),
                Subject = RowValue.Text(values[8]),
                VmId = RowValue.IdOrNull(values[9]),
                RequestId = RowValue.Text(values[10]),
                OperationId = RowValue.IdOrNull(values[11]),
                Result = RowValue.Text(values[12]),
                Reason = RowValue.Text(values[13]),
                Detail = RowValue.Text(values[14]),
            },
            RowValue.Text(values[15])));

    /// <summary>Where it stands in the log.</summary>
    public AuditPlace Place => new(Sequence, Hash);

    internal static AuditRecord Unreadable(long sequence) =>
        new(sequence, new AuditDraft(DateTimeOffset.UnixEpoch, AuditKind.Unreadable) { Count = 0 }, "");
}
