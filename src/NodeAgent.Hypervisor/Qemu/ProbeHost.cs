namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What of the host decides what QEMU can do; when it changes, QEMU is asked again.</summary>
/// <param name="KvmAvailable">Whether the agent can use /dev/kvm.</param>
/// <param name="Microcode">Version of the processor's microcode, which can take features away.</param>
/// <param name="KernelRelease">As uname -r.</param>
public sealed record ProbeHost(bool KvmAvailable, string Microcode, string KernelRelease);
