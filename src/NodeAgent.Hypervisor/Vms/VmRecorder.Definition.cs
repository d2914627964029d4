using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>Changes of the definition, and its end: decisions, which wait for the disk.</content>
internal sealed partial class VmRecorder
{
    private const string Update = "UpdateVm", Delete = "DeleteVm";

    /// <summary>Makes a change of the definition durable.</summary>
    /// <returns>False when the same request was carried out before.</returns>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    /// <exception cref="VmException">The name is taken, or the request id was used for something else.</exception>
    public Task<bool> ChangedAsync(VmDefinition current, VmDefinition next, RequestContext request) =>
        DecideAsync(
            new LedgerBatch(
                new UpdateVm(VmRecords.ToRow(next), current.Generation),
                Event(next, EventKinds.VmUpdated, $"Changed to generation {next.Generation}.", EventSeverity.Info, null, false, caller: request)),
            request,
            Update,
            next);

    /// <summary>Whether a change was made for the same request before; its repeat gets the answer although it would be refused by now.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public Task<bool> WasChangedAsync(RequestContext request) => WasDoneAsync(request, Update);

    /// <summary>Whether the VM was forgotten for the same request before: an earlier VM of this id was.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public Task<bool> WasForgottenAsync(RequestContext request) => WasDoneAsync(request, Delete);

    /// <summary>Makes it durable that the VM is no more.</summary>
    /// <returns>False when the same request was carried out before, on an earlier VM of this id.</returns>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public Task<bool> ForgottenAsync(VmDefinition definition, RequestContext request) =>
        DecideAsync(
            new LedgerBatch(
                new DeleteVm(vmId),
                Event(definition, EventKinds.VmDeleted, "Forgotten; its disks stay.", EventSeverity.Info, null, false, caller: request)),
            request,
            Delete,
            definition);

    private async Task<bool> WasDoneAsync(RequestContext request, string method) =>
        !string.IsNullOrEmpty(request.RequestId)
        && await services.Ledger.FindKeyAsync(request.Caller, request.RequestId, CancellationToken.None) is { } key
        && (key.IsSameRequest(KeyOf(request, method, null)) ? true : throw VmRecords.Refused(new KeyTaken(key, IsConflict: true)));

    private async Task<bool> DecideAsync(LedgerBatch batch, RequestContext request, string method, VmDefinition definition)
    {
        batch.Add(request.Record(services.Time.GetUtcNow(), method, vmId, definition.Name));
        ClaimKey(batch, request, method, null);
        return await services.Ledger.CommitAsync(batch) switch
        {
            RefusedCommit { Refusal: KeyTaken { IsConflict: false } } => false,
            RefusedCommit { Refusal: var refusal } => throw VmRecords.Refused(refusal),
            _ => true,
        };
    }
}
