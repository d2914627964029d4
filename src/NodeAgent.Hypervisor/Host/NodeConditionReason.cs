namespace NodeAgent.Hypervisor.Host;

/// <summary>Why a condition is as it is. A closed vocabulary: programs may depend on these words.</summary>
public static class NodeConditionReason
{
    /// <summary>KVM passed its self-test.</summary>
    public const string KvmSelfTestPassed = "KvmSelfTestPassed";

    /// <summary>There is no KVM device, see <see cref="KvmAvailability.NoDevice"/>.</summary>
    public const string KvmDeviceMissing = "KvmDeviceMissing";

    /// <summary>The agent may not open it, see <see cref="KvmAvailability.NoPermission"/>.</summary>
    public const string KvmPermissionDenied = "KvmPermissionDenied";

    /// <summary>It is not the KVM we know, see <see cref="KvmAvailability.WrongApiVersion"/>.</summary>
    public const string KvmApiVersionWrong = "KvmApiVersionWrong";

    /// <summary>A test guest failed, see <see cref="KvmAvailability.SelfTestFailed"/>.</summary>
    public const string KvmSelfTestFailed = "KvmSelfTestFailed";

    /// <summary>KVM emulates guest kernels, see <see cref="KvmAvailability.EmulatedOnly"/>.</summary>
    public const string KvmEmulatedOnly = "KvmEmulatedOnly";

    /// <summary>KVM offers a guest the processor's virtualization feature, and can keep its state.</summary>
    public const string NestedOffered = "NestedOffered";

    /// <summary>KVM does not offer it.</summary>
    public const string NestedNotOffered = "NestedNotOffered";

    /// <summary>KVM did not get far enough to be asked, or the node is simulated.</summary>
    public const string KvmNotAsked = "KvmNotAsked";

    /// <summary>There are IOMMU groups.</summary>
    public const string IommuGroupsFound = "IommuGroupsFound";

    /// <summary>There is no IOMMU group.</summary>
    public const string IommuOff = "IommuOff";

    /// <summary>A pool of huge pages is not empty.</summary>
    public const string HugepagePoolSet = "HugepagePoolSet";

    /// <summary>All pools of huge pages are empty.</summary>
    public const string HugepagePoolsEmpty = "HugepagePoolsEmpty";

    /// <summary>Pressure stall information is there.</summary>
    public const string PressureStallOn = "PressureStallOn";

    /// <summary>Pressure stall information is not there.</summary>
    public const string PressureStallOff = "PressureStallOff";

    /// <summary>A machine id was read.</summary>
    public const string MachineIdSet = "MachineIdSet";

    /// <summary>There is no machine id, or it is not one.</summary>
    public const string MachineIdMissing = "MachineIdMissing";
}
