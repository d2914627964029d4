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
    public void Tell(string kind, EventPayload payload, RequestContext request) => _ = ledger.RecordAsync(new LedgerBatch(new AppendEvent(
        new EventDraft(time.GetUtcNow(), kind, null, payload.ToJson())
        {
            Caller = request.Caller,
            RequestId = string.IsNullOrEmpty(request.RequestId) ? null : request.RequestId,
        })));
}
