using System.Collections.Immutable;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Host;

/// <summary>Draws a node's conditions from its facts.</summary>
public static class NodeConditions
{
    /// <summary>One condition of each <see cref="NodeConditionType"/>, in their order.</summary>
    public static ImmutableArray<NodeCondition> Of(HostFacts host, KvmFacts kvm)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(kvm);
        return
        [
            KvmCondition.Of(kvm),
            Nested(kvm),
            Iommu(host),
            Hugepages(host),
            Pressure(host.Pressure),
            Machine(host.Identity),
        ];
    }

    private static NodeCondition Nested(KvmFacts kvm) => kvm.Limits is null
        ? new NodeCondition(
            NodeConditionType.NestedVirtualization,
            ConditionStatus.Unknown,
            NodeConditionReason.KvmNotAsked,
            "KVM could not be asked what it offers.",
            "See the condition KvmReady.")
        : Condition(
            NodeConditionType.NestedVirtualization,
            kvm.NestedVirtualization,
            (NodeConditionReason.NestedOffered, "Guests can run guests of their own with KVM."),
            (NodeConditionReason.NestedNotOffered, "KVM does not offer guests the processor's virtualization feature."),
            "If guests are to run guests, load kvm_intel or kvm_amd with nested=1.");

    private static NodeCondition Iommu(HostFacts host) => Condition(
        NodeConditionType.IommuEnabled,
        host.IommuGroups > 0,
        (NodeConditionReason.IommuGroupsFound, $"Devices are in {host.IommuGroups} IOMMU groups."),
        (NodeConditionReason.IommuOff, "No IOMMU is in use, so no device can be handed to a guest."),
        "If devices are to be handed to guests, switch on VT-d or AMD-Vi in the firmware, and on Intel processors "
        + "boot with intel_iommu=on.");

    private static NodeCondition Hugepages(HostFacts host) => Condition(
        NodeConditionType.HugepagesReserved,
        host.Hugepages.Any(pool => pool.Total > 0),
        (NodeConditionReason.HugepagePoolSet, "Huge pages are set aside: " + Describe(host.Hugepages)),
        (NodeConditionReason.HugepagePoolsEmpty, "No huge pages are set aside; guests use normal pages."),
        "If guests are to use huge pages, set vm.nr_hugepages, or hugepages= on the kernel's command line.");

    private static NodeCondition Pressure(PressureFacts pressure) => Condition(
        NodeConditionType.PressureReported,
        pressure is not { Cpu: null, Memory: null, Io: null },
        (NodeConditionReason.PressureStallOn, "The kernel measures pressure on processors, memory and storage."),
        (NodeConditionReason.PressureStallOff, "The kernel does not measure pressure (PSI)."),
        "Boot with psi=1, or with a kernel that has CONFIG_PSI.");

    private static NodeCondition Machine(MachineIdentity identity) => Condition(
        NodeConditionType.MachineIdentified,
        identity.MachineId is not null,
        (NodeConditionReason.MachineIdSet, "The machine has an id of its own."),
        (NodeConditionReason.MachineIdMissing, "/etc/machine-id is missing or not an id; hosts cannot be told apart."),
        "Run systemd-machine-id-setup.");

    private static NodeCondition Condition(
        string type,
        bool holds,
        (string Reason, string Message) yes,
        (string Reason, string Message) no,
        string remedy) =>
        holds
            ? new NodeCondition(type, ConditionStatus.True, yes.Reason, yes.Message, "")
            : new NodeCondition(type, ConditionStatus.False, no.Reason, no.Message, remedy);

    private static string Describe(ImmutableArray<HugepagePool> pools) => string.Join(
        ", ", pools.Where(pool => pool.Total > 0).Select(pool => $"{pool.Total} of {pool.PageBytes / 1024} KiB")) + ".";
}
