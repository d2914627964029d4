using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>Puts on record a request that has no operation, so that it runs at most once and somebody is known to have asked.</summary>
internal static class RequestRecord
{
    /// <summary>Makes it durable.</summary>
    /// <returns>False when the request came before: it is not to be carried out again.</returns>
    /// <exception cref="VmException">The request id was used for another request.</exception>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    public static async Task<bool> WriteAsync(NodeLedger ledger, VmDefinition vm, string method, RequestContext request)
    {
        var now = TimeProvider.System.GetUtcNow();
        var batch = new LedgerBatch(new AppendEvent(
            new EventDraft(now, EventKinds.VmRequested, vm.Id, new EventPayload($"{method} was asked for.", VmName: vm.Name).ToJson())
            {
                Caller = request.Caller,
                RequestId = request.RequestId,
            }),
            request.Record(now, method, vm.Id, vm.Name));
        if (!string.IsNullOrEmpty(request.RequestId))
        {
            batch.Add(new ClaimKey(new KeyRow(request.Caller, request.RequestId, method, request.Fingerprint ?? "", null, null, now)));
        }

        return await ledger.CommitAsync(batch) switch
        {
            RefusedCommit { Refusal: KeyTaken { IsConflict: false } } => false,
            RefusedCommit { Refusal: KeyTaken taken } => throw new VmException(
                VmErrorReason.RequestIdReused, $"The request_id '{request.RequestId}' was used for another request ({taken.Winner.Method}); choose a new one."),
            RefusedCommit => throw new VmException(VmErrorReason.NotFound, "The VM is no more."),
            _ => true,
        };
    }
}
