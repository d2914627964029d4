namespace NodeAgent.Hypervisor.Host;

/// <summary>What each state of KVM is called, and what an operator does about it.</summary>
internal static class KvmCondition
{
    /// <summary>The condition <see cref="NodeConditionType.KvmReady"/>.</summary>
    public static NodeCondition Of(KvmFacts kvm) => new(
        NodeConditionType.KvmReady,
        kvm.Availability == KvmAvailability.Available ? ConditionStatus.True : ConditionStatus.False,
        ReasonOf(kvm.Availability),
        kvm.Explanation,
        RemedyFor(kvm.Availability, kvm.DevicePath));

    /// <summary>The word for programs.</summary>
    public static string ReasonOf(KvmAvailability availability) => availability switch
    {
        KvmAvailability.Available => NodeConditionReason.KvmSelfTestPassed,
        KvmAvailability.NoDevice => NodeConditionReason.KvmDeviceMissing,
        KvmAvailability.NoPermission => NodeConditionReason.KvmPermissionDenied,
        KvmAvailability.WrongApiVersion => NodeConditionReason.KvmApiVersionWrong,
        KvmAvailability.SelfTestFailed => NodeConditionReason.KvmSelfTestFailed,
        KvmAvailability.EmulatedOnly => NodeConditionReason.KvmEmulatedOnly,
        KvmAvailability.NotAsked => NodeConditionReason.KvmNotAsked,
        _ => throw new ArgumentOutOfRangeException(nameof(availability), availability, null),
    };

    /// <summary>The advice for people.</summary>
    public static string RemedyFor(KvmAvailability availability, string devicePath) => availability switch
    {
        KvmAvailability.Available => "",
        KvmAvailability.NoDevice =>
            "Switch on VT-x or AMD-V in the firmware and load the module kvm_intel or kvm_amd. In a virtual machine, "
            + $"allow nested virtualization at its host; in a container, pass {devicePath} in. "
            + "Until then guests run with accelerator tcg.",
        KvmAvailability.NoPermission =>
            $"Let the agent's user read and write {devicePath}: usually by membership in the group kvm, in a service "
            + $"by DeviceAllow={devicePath} rw.",
        KvmAvailability.WrongApiVersion =>
            $"Make {devicePath} the KVM device of the running kernel (character device 10, 232; Linux 2.6.22 or "
            + "newer), or correct the path in the agent's configuration.",
        KvmAvailability.SelfTestFailed =>
            "Look for messages of kvm in the kernel's log; update kernel, microcode and firmware, then restart the "
            + "agent. Until then use accelerator tcg.",
        KvmAvailability.EmulatedOnly =>
            "Use accelerator tcg for 64-bit guests on this node. For KVM, run the agent where the processor's VT-x or "
            + "AMD-V reaches it: on the bare machine, or in a virtual machine whose host allows nested virtualization.",
        KvmAvailability.NotAsked =>
            "For real VMs run the agent without --simulate, on directories of its own.",
        _ => throw new ArgumentOutOfRangeException(nameof(availability), availability, null),
    };
}
