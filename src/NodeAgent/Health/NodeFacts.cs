using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Health;

/// <summary>What is known of this node. Immutable; looking again makes a new one.</summary>
/// <param name="Host">The host.</param>
/// <param name="Kvm">Its KVM; <c>null</c> while that is being found out.</param>
/// <param name="Qemu">What the QEMU binary said of itself; <c>null</c> while that is being found out.</param>
/// <param name="Time">When the host was read.</param>
internal sealed record NodeFacts(HostFacts Host, KvmFacts? Kvm, QemuProbeResult? Qemu, DateTimeOffset Time)
{
    /// <summary>What a start must know, once everything has been asked.</summary>
    public BootFacts? Boot => Kvm is null || Qemu is null ? null : new BootFacts(Qemu, Suitability(Kvm));

    private static KvmSuitability Suitability(KvmFacts kvm) => new(
        kvm.Availability switch
        {
            KvmAvailability.Available => KvmFitness.Fit,
            KvmAvailability.EmulatedOnly => KvmFitness.EmulatedOnly,
            _ => KvmFitness.Unavailable,
        },
        kvm.Explanation);
}
