namespace NodeAgent.Hypervisor.Host;

/// <summary>
/// What this host's KVM is good for. The list is closed: each has its remedy in <see cref="KvmCondition"/>.
/// </summary>
public enum KvmAvailability
{
    /// <summary>KVM runs guests of all modes, 64-bit kernels at the processor's speed.</summary>
    Available,

    /// <summary>There is no KVM device, or nothing behind it.</summary>
    NoDevice,

    /// <summary>The agent may not open the KVM device.</summary>
    NoPermission,

    /// <summary>
    /// The device does not speak the KVM API that exists since Linux 2.6.22, or is something else altogether.
    /// </summary>
    WrongApiVersion,

    /// <summary>A guest of the self-test did not run as it should.</summary>
    SelfTestFailed,

    /// <summary>KVM only emulates guest kernels: 16 and 32-bit guests run slowly, 64-bit kernels hang.</summary>
    EmulatedOnly,

    /// <summary>Nobody asked it, because the node is simulated.</summary>
    NotAsked,
}
