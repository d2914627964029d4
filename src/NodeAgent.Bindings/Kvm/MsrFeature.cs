namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// A model-specific register that tells what KVM can give a guest (<c>KVM_GET_MSR_FEATURE_INDEX_LIST</c>).
/// </summary>
/// <param name="Index">The register's number.</param>
/// <param name="Value">Its value on this host.</param>
public readonly record struct MsrFeature(uint Index, ulong Value)
{
    /// <summary>The kernel's name of the register, or its number in hexadecimal where the name is not known.</summary>
    public string Name => Index switch
    {
        0x3A => "MSR_IA32_FEAT_CTL",
        0x8B => "MSR_IA32_UCODE_REV",
        0xCE => "MSR_PLATFORM_INFO",
        0x10A => "MSR_IA32_ARCH_CAPABILITIES",
        0x345 => "MSR_IA32_PERF_CAPABILITIES",
        0x480 => "MSR_IA32_VMX_BASIC",
        0x481 => "MSR_IA32_VMX_PINBASED_CTLS",
        0x482 => "MSR_IA32_VMX_PROCBASED_CTLS",
        0x483 => "MSR_IA32_VMX_EXIT_CTLS",
        0x484 => "MSR_IA32_VMX_ENTRY_CTLS",
        0x485 => "MSR_IA32_VMX_MISC",
        0x486 => "MSR_IA32_VMX_CR0_FIXED0",
        0x487 => "MSR_IA32_VMX_CR0_FIXED1",
        0x488 => "MSR_IA32_VMX_CR4_FIXED0",
        0x489 => "MSR_IA32_VMX_CR4_FIXED1",
        0x48A => "MSR_IA32_VMX_VMCS_ENUM",
        0x48B => "MSR_IA32_VMX_PROCBASED_CTLS2",
        0x48C => "MSR_IA32_VMX_EPT_VPID_CAP",
        0x48D => "MSR_IA32_VMX_TRUE_PINBASED_CTLS",
        0x48E => "MSR_IA32_VMX_TRUE_PROCBASED_CTLS",
        0x48F => "MSR_IA32_VMX_TRUE_EXIT_CTLS",
        0x490 => "MSR_IA32_VMX_TRUE_ENTRY_CTLS",
        0x491 => "MSR_IA32_VMX_VMFUNC",
        0x492 => "MSR_IA32_VMX_PROCBASED_CTLS3",
        0xC0011029 => "MSR_AMD64_DE_CFG",
        _ => $"0x{Index:x}",
    };
}
