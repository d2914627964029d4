namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What a start must know of the host.</summary>
/// <param name="Qemu">What the installed QEMU said of itself.</param>
/// <param name="Kvm">The verdict on KVM.</param>
public sealed record BootFacts(QemuProbeResult Qemu, KvmSuitability Kvm);
