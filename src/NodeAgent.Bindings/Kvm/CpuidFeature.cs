namespace NodeAgent.Bindings.Kvm;

/// <summary>A processor feature and the bit that CPUID tells it by.</summary>
/// <param name="Name">As <c>/proc/cpuinfo</c> spells it, or QEMU where the kernel shows none.</param>
/// <param name="Leaf">The CPUID function.</param>
/// <param name="Subleaf">The CPUID index; 0 where the leaf has only one.</param>
/// <param name="Register">The register of the answer.</param>
/// <param name="Bit">The bit in it, 0 to 31.</param>
public sealed record CpuidFeature(string Name, uint Leaf, uint Subleaf, CpuidRegister Register, int Bit);
