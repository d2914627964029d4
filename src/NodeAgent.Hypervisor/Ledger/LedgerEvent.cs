using NodeAgent.Hypervisor.Events;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A durable event of the log.</summary>
/// <param name="Sequence">Its number: 1 more than the event before it, without gaps.</param>
/// <param name="Fact">What happened.</param>
public sealed record LedgerEvent(long Sequence, EventDraft Fact)
{
    /// <summary>
    /// Stands in place of an event whose stored row can't be trusted any more. The number stays taken, so that nobody
    /// takes the event for never having happened.
    /// </summary>
    public const string UnreadableKind = "ledger.event_unreadable";

    /// <summary>Tells how many events were lost because the disk took nothing for longer than memory could hold them.</summary>
    public const string LostKind = "ledger.events_lost";

    /// <summary>Tells that the ledger was found damaged and what could be salvaged.</summary>
    public const string SalvagedKind = "ledger.salvaged";

    private static readonly string UnreadablePayload = new EventPayload(
        "An event was recorded under this number, and its row is damaged.", EventSeverity.Error).ToJson();

    internal static readonly RowFormat<LedgerEvent> Format = new(
        "events",
        ["seq", "time", "kind", "vm_id", "payload", "recovered", "operation_id", "request_id", "caller"],
        static row =>
        [
            row.Sequence, RowValue.Of(row.Fact.Time), row.Fact.Kind, RowValue.Of(row.Fact.VmId), row.Fact.Payload,
            RowValue.Of(row.Fact.Recovered), RowValue.Of(row.Fact.OperationId), row.Fact.RequestId, row.Fact.Caller,
        ],
        static values => new LedgerEvent(
            RowValue.Number(values[0]),
            new EventDraft(
                RowValue.Time(values[1]), RowValue.Text(values[2]), RowValue.IdOrNull(values[3]), RowValue.Text(values[4]))
            {
                Recovered = RowValue.Number(values[5]) != 0,
                OperationId = RowValue.IdOrNull(values[6]),
                RequestId = (string?)values[7],
                Caller = (string?)values[8],
            }));

    internal static LedgerEvent Unreadable(long sequence, DateTimeOffset time) =>
        new(sequence, new EventDraft(time, UnreadableKind, null, UnreadablePayload));
}
