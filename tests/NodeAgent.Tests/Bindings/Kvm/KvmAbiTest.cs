using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Tests.Bindings.Kvm;

/// <summary>What the kernel fixes: structures, request numbers, names.</summary>
public sealed class KvmAbiTest
{
    private const uint Write = 1;
    private const uint Read = 2;
    private const string Header = "/usr/include/linux/kvm.h";

    [Fact]
    public void Request_numbers_carry_the_sizes_of_our_structures()
    {
        Number(Read, 0x81, Unsafe.SizeOf<KvmRegisters>()).ShouldBe(KvmIoctl.KVM_GET_REGS);
        Number(Write, 0x82, Unsafe.SizeOf<KvmRegisters>()).ShouldBe(KvmIoctl.KVM_SET_REGS);
        Number(Read, 0x83, Unsafe.SizeOf<KvmSystemRegisters>()).ShouldBe(KvmIoctl.KVM_GET_SREGS);
        Number(Write, 0x84, Unsafe.SizeOf<KvmSystemRegisters>()).ShouldBe(KvmIoctl.KVM_SET_SREGS);
        Number(Write, 0x90, CpuidBuffer.ForCount(0).Length).ShouldBe(KvmIoctl.KVM_SET_CPUID2);
        Number(Read | Write, 0x05, CpuidBuffer.ForCount(0).Length).ShouldBe(KvmIoctl.KVM_GET_SUPPORTED_CPUID);
    }

    [Fact]
    public void Structures_have_the_kernels_sizes()
    {
        Unsafe.SizeOf<CpuidEntry>().ShouldBe(40);
        Unsafe.SizeOf<KvmSegment>().ShouldBe(24);
        Unsafe.SizeOf<KvmDescriptorTable>().ShouldBe(16);
        Unsafe.SizeOf<SignalSet>().ShouldBe(128);
        Unsafe.SizeOf<SignalEvent>().ShouldBe(64);
        Unsafe.SizeOf<TimerSpec>().ShouldBe(32);
        Unsafe.SizeOf<KvmSignalMask>().ShouldBe(12);
    }

    [Fact]
    public void Extensions_have_the_numbers_of_the_kernels_header()
    {
        Assert.SkipUnless(File.Exists(Header), $"{Header} is not installed.");
        var highest = Enum.GetValues<KvmCapability>().Max(known => (int)known);
        var defines = Regex.Matches(File.ReadAllText(Header), @"^#define (KVM_CAP_\w+) (\d+)", RegexOptions.Multiline);
        defines.Count.ShouldBeGreaterThan(100);
        foreach (Match define in defines)
        {
            // A header newer than our list may know more.
            if (Enum.TryParse<KvmCapability>(define.Groups[1].Value, out var known))
            {
                ((int)known).ShouldBe(int.Parse(define.Groups[2].Value), define.Groups[1].Value);
            }
            else
            {
                int.Parse(define.Groups[2].Value).ShouldBeGreaterThan(highest, define.Groups[1].Value);
            }
        }
    }

    [Fact]
    public void No_extension_number_is_given_twice() =>
        Enum.GetNames<KvmCapability>().Length.ShouldBe(Enum.GetValues<KvmCapability>().Distinct().Count());

    private static KvmIoctl Number(uint direction, uint number, int size) =>
        (KvmIoctl)((direction << 30) | ((uint)size << 16) | (0xAE << 8) | number);
}
