namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What executes the guest's instructions.</summary>
public enum Accelerator
{
    /// <summary>The host's KVM.</summary>
    Kvm,

    /// <summary>QEMU's own translator.</summary>
    Tcg,
}
