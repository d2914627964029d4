namespace NodeAgent.Bindings.Kvm;

/// <summary>What this kernel answered about one extension.</summary>
/// <param name="Capability">The extension.</param>
/// <param name="Value">The answer of <c>KVM_CHECK_EXTENSION</c>: 0 when absent, else 1 or the extension's own
/// number.</param>
public readonly record struct KvmExtension(KvmCapability Capability, int Value)
{
    /// <summary>The kernel's name, such as <c>KVM_CAP_NR_VCPUS</c>.</summary>
    public string Name => Capability.ToString();

    /// <summary>The kernel's number of the extension.</summary>
    public int Number => (int)Capability;
}
