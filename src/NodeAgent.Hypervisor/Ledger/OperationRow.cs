namespace NodeAgent.Hypervisor.Ledger;

/// <summary>An operation as it is stored.</summary>
/// <param name="Number">Counts operations of this ledger, from 1, in the order in which they were begun; may have holes.</param>
/// <param name="Id">The operation's identifier.</param>
/// <param name="VmId">The VM that it is about; null when it is about the node. Outlives the VM.</param>
/// <param name="Verb">What it does, such as <c>StartVm</c>.</param>
/// <param name="State">Where it is.</param>
/// <param name="Phase">The step that it is at, or was at when it ended.</param>
/// <param name="Progress">0 to 100 percent.</param>
/// <param name="CancelRequested">Whether somebody asked for it to end.</param>
/// <param name="Fault">Why it failed or was cancelled; null unless it did.</param>
/// <param name="Result">What it yielded, serialised by the caller; null unless it succeeded with a result.</param>
/// <param name="Created">When it began.</param>
/// <param name="Updated">When it last changed.</param>
/// <param name="Ended">When it ended; null while it runs.</param>
/// <param name="RequestId">The caller's request id, if one was given.</param>
/// <param name="Caller">Who asked, if that is known.</param>
/// <param name="Epoch">The epoch of the agent that began it.</param>
public sealed record OperationRow(
    long Number,
    Guid Id,
    Guid? VmId,
    string Verb,
    OperationState State,
    string Phase,
    int Progress,
    bool CancelRequested,
    OperationFault? Fault,
    string? Result,
    DateTimeOffset Created,
    DateTimeOffset Updated,
    DateTimeOffset? Ended,
    string? RequestId,
    string? Caller,
    long Epoch)
{
    internal static readonly RowFormat<OperationRow> Format = new(
        "operations",
        [
            "number", "id", "vm_id", "verb", "state", "phase", "progress", "cancel_requested", "error_reason",
            "error_message", "error_details", "result", "created", "updated", "ended", "request_id", "caller", "epoch",
        ],
        static row =>
        [
            row.Number, RowValue.Of(row.Id), RowValue.Of(row.VmId), row.Verb, (long)row.State, row.Phase,
            (long)row.Progress, RowValue.Of(row.CancelRequested), row.Fault?.Reason, row.Fault?.Message,
            row.Fault?.Details, row.Result, RowValue.Of(row.Created), RowValue.Of(row.Updated), RowValue.Of(row.Ended),
            row.RequestId, row.Caller, row.Epoch,
        ],
        static values => new OperationRow(
            RowValue.Number(values[0]), RowValue.Id(values[1]), RowValue.IdOrNull(values[2]), RowValue.Text(values[3]),
            (OperationState)RowValue.Number(values[4]), RowValue.Text(values[5]), (int)RowValue.Number(values[6]),
            RowValue.Number(values[7]) != 0,
            values[8] is string reason
                ? new OperationFault(reason, (string?)values[9] ?? string.Empty, (string?)values[10])
                : null,
            (string?)values[11], RowValue.Time(values[12]), RowValue.Time(values[13]), RowValue.TimeOrNull(values[14]),
            (string?)values[15], (string?)values[16], RowValue.Number(values[17])));
}
