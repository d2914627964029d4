using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>VMs as the ledger keeps them.</summary>
internal static class VmRecords
{
    public static VmRow ToRow(VmDefinition vm) =>
        new(vm.Id, vm.Name, DefinitionJson.Write(vm), vm.Generation, vm.Etag, vm.CreateTime, vm.UpdateTime);

    /// <summary>Reads one; <c>null</c> when it is none of ours.</summary>
    public static VmDefinition? FromRow(VmRow row) => DefinitionJson.TryRead(row.Spec);

    /// <summary>A refusal of the ledger in the words of VMs.</summary>
    public static VmException Refused(LedgerRefusal refusal) => refusal switch
    {
        KeyTaken taken => new VmException(
            VmErrorReason.RequestIdReused, $"The request_id '{taken.Winner.RequestId}' was used for another request ({taken.Winner.Method}); choose a new one."),
        VmTaken { Name: { } name } taken => new VmException(VmErrorReason.AlreadyExists, $"Another VM has the name '{name}' (its id is {taken.ExistingId}); choose another name."),
        VmTaken taken => new VmException(VmErrorReason.AlreadyExists, $"Another VM has the id {taken.ExistingId}; choose another, or leave it to the agent."),
        VmMissing => new VmException(VmErrorReason.NotFound, "The VM is no more."),
        VmChanged => new VmException(VmErrorReason.EtagMismatch, "The VM was changed meanwhile; read it again and repeat your change."),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal)),
    };
}
