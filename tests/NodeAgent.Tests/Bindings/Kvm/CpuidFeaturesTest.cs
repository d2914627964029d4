using System.Runtime.Intrinsics.X86;
using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Tests.Bindings.Kvm;

public sealed class CpuidFeaturesTest
{
    /// <summary>The kernel shows these for other bits, too, or hides the bit and shows what it makes of it.</summary>
    private static readonly string[] MadeByKernel = ["stibp", "ssbd", "psfd", "flush_l1d", "arch_capabilities", "ht"];

    /// <summary>
    /// A hypervisor makes these for its guest's kernel. One that does not intercept CPUID in user mode (PVM) leaves a
    /// process with what the processor below says of itself.
    /// </summary>
    private static readonly string[] MadeByHypervisor = ["x2apic", "tsc_deadline_timer", "topoext"];

    [Fact]
    public void Every_feature_is_told_by_its_own_bit_and_by_no_other()
    {
        foreach (var feature in CpuidFeatures.All)
        {
            CpuidFeatures.Decode([OnlyBit(feature)]).ShouldBe([feature.Name]);
        }
    }

    [Fact]
    public void Names_and_bits_are_unique()
    {
        CpuidFeatures.All.Select(feature => feature.Name).ShouldBeUnique();
        CpuidFeatures.All.Select(feature => feature with { Name = "" }).ShouldBeUnique();
    }

    [Theory]
    [InlineData("sse2", 0x1u, CpuidRegister.Edx, 26)]
    [InlineData("vmx", 0x1u, CpuidRegister.Ecx, 5)]
    [InlineData("x2apic", 0x1u, CpuidRegister.Ecx, 21)]
    [InlineData("tsc_deadline_timer", 0x1u, CpuidRegister.Ecx, 24)]
    [InlineData("hypervisor", 0x1u, CpuidRegister.Ecx, 31)]
    [InlineData("avx512vl", 0x7u, CpuidRegister.Ebx, 31)]
    [InlineData("la57", 0x7u, CpuidRegister.Ecx, 16)]
    [InlineData("rdpid", 0x7u, CpuidRegister.Ecx, 22)]
    [InlineData("spec_ctrl", 0x7u, CpuidRegister.Edx, 26)]
    [InlineData("svm", 0x80000001u, CpuidRegister.Ecx, 2)]
    [InlineData("topoext", 0x80000001u, CpuidRegister.Ecx, 22)]
    [InlineData("lm", 0x80000001u, CpuidRegister.Edx, 29)]
    [InlineData("npt", 0x8000000Au, CpuidRegister.Edx, 0)]
    [InlineData("vgif", 0x8000000Au, CpuidRegister.Edx, 16)]
    [InlineData("kvm_pv_ipi", 0x40000001u, CpuidRegister.Eax, 11)]
    [InlineData("sev_snp", 0x8000001Fu, CpuidRegister.Eax, 4)]
    public void Well_known_bits_are_where_the_manuals_say(string name, uint leaf, CpuidRegister register, int bit) =>
        CpuidFeatures.All.Single(feature => feature.Name == name)
            .ShouldBe(new CpuidFeature(name, leaf, 0, register, bit));

    [Fact]
    public void Unknown_leaves_say_nothing() =>
        CpuidFeatures.Decode([new CpuidEntry(0xDEAD, 0, 0, ~0u, ~0u, ~0u, ~0u)]).ShouldBeEmpty();

    [Fact]
    public void What_the_kernel_shows_is_what_this_processors_bits_say()
    {
        Assert.SkipUnless(X86Base.IsSupported && File.Exists("/proc/cpuinfo"), "Not an x86 Linux.");
        var flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var leaves = CpuidFeatures.All.Select(feature => (feature.Leaf, feature.Subleaf)).Distinct().Select(Ask);
        var decoded = CpuidFeatures.Decode(leaves);

        var known = CpuidFeatures.All.Select(feature => feature.Name).Except(MadeByKernel).Except(MadeByHypervisor);
        flags.Intersect(known).Except(decoded).ShouldBeEmpty();
        flags.Intersect(decoded).Count().ShouldBeGreaterThan(20);
    }

    private static CpuidEntry OnlyBit(CpuidFeature feature)
    {
        var bit = 1u << feature.Bit;
        var (leaf, subleaf, register) = (feature.Leaf, feature.Subleaf, feature.Register);
        return new CpuidEntry(
            leaf,
            subleaf,
            0,
            register == CpuidRegister.Eax ? bit : 0,
            register == CpuidRegister.Ebx ? bit : 0,
            register == CpuidRegister.Ecx ? bit : 0,
            register == CpuidRegister.Edx ? bit : 0);
    }

    private static CpuidEntry Ask((uint Leaf, uint Subleaf) leaf)
    {
        var (eax, ebx, ecx, edx) = X86Base.CpuId((int)leaf.Leaf, (int)leaf.Subleaf);
        return new CpuidEntry(leaf.Leaf, leaf.Subleaf, 0, (uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }
}
