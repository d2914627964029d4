using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>Maintenance as the contract's, with the VMs that are still there.</summary>
internal sealed class MaintenanceWriter(VmRegistry registry)
{
    /// <summary>Writes it.</summary>
    /// <param name="scope">The VMs that its reader may know of.</param>
    public V1.Maintenance Write(VmScope scope) => registry.Gate.Maintenance is { } maintenance ? Write(maintenance, scope) : new V1.Maintenance();

    private V1.Maintenance Write(MaintenanceRow maintenance, VmScope scope) => new()
    {
        Active = true,
        Reason = maintenance.Reason,
        Caller = maintenance.Caller,
        EnterTime = maintenance.Since.ToTimestamp(),
        Remaining =
        {
            registry.List().Where(vm => vm.State.MayHaveProcess && scope.Covers(vm.Definition.Labels)).Select(vm => new V1.RemainingVm
            {
                Id = vm.Definition.Id.ToString(), Name = vm.Definition.Name, Why = Why(vm.State),
            }),
        },
    };

    private static string Why(VmState state) => state switch
    {
        VmState.Starting => "Its start was under way already; wait for it, or stop the VM.",
        VmState.Running => "Its guest runs; shut it down.",
        VmState.Paused => "Its guest is paused; resume it and shut it down, or stop it.",
        VmState.Stopping => "It is on its way down; wait.",
        VmState.Unknown unknown => $"Whether it runs is being found out: {unknown.Why}",
        VmState.Quarantined held => $"Its process is left alone: {held.Why}",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
