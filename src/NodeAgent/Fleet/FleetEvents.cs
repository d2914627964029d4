using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Fleet;

/// <summary>Tells the event log of the node's membership. These are facts: what a full disk does not take waits in the ledger.</summary>
internal sealed class FleetEvents(NodeLedger ledger, TimeProvider time)
{
    /// <summary>Tells.</summary>
    /// <param name="kind">One of <see cref="EventKinds"/>.</param>
    /// <param name="payload">What is said.</param>
    /// <param name="request">Who asked for it.</param>
    public void Tell(string kind, EventPayload payload, RequestContext request) => _ = ledger.RecordAsync(new LedgerBatch(Event(time.GetUtcNow(), kind, payload, request)));

    /// <summary>Tells of a change, and puts on record what the agent changed without being called; a call is on record by itself.</summary>
    /// <param name="kind">One of <see cref="EventKinds"/>.</param>
    /// <param name="payload">What is said.</param>
    /// <param name="request">Who asked for it.</param>
    public void TellChange(string kind, EventPayload payload, RequestContext request)
    {
        if (request.Audit is not null)
        {
            Tell(kind, payload, request);
            return;
        }

        var now = time.GetUtcNow();
        var record = request.Record(now, kind, null, "");
        _ = ledger.RecordAsync(new LedgerBatch(Event(now, kind, payload, request), record with { Fact = record.Fact with { Detail = payload.Message } }));
    }

    private static AppendEvent Event(DateTimeOffset now, string kind, EventPayload payload, RequestContext request) => new(
        new EventDraft(now, kind, null, payload.ToJson())
        {
            Caller = request.Caller,
            RequestId = string.IsNullOrEmpty(request.RequestId) ? null : request.RequestId,
        });
}
