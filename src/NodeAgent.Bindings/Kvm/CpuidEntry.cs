using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// What one CPUID leaf answers (<c>struct kvm_cpuid_entry2</c>): the raw material of <see cref="CpuidFeatures"/>.
/// </summary>
/// <param name="Leaf">The function, the value of EAX at the instruction.</param>
/// <param name="Subleaf">The index, the value of ECX at the instruction, where the leaf has several.</param>
/// <param name="Flags">The kernel's flags; bit 0 says that the subleaf counts.</param>
/// <param name="Eax">The answer in EAX.</param>
/// <param name="Ebx">The answer in EBX.</param>
/// <param name="Ecx">The answer in ECX.</param>
/// <param name="Edx">The answer in EDX.</param>
[StructLayout(LayoutKind.Sequential, Size = 40)]
public readonly record struct CpuidEntry(
    uint Leaf, uint Subleaf, uint Flags, uint Eax, uint Ebx, uint Ecx, uint Edx);
