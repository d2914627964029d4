using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Units;

namespace NodeAgent.Tests.Hypervisor.Units;

/// <summary>How much of the host a VM's unit may use, in systemd's words.</summary>
public sealed class UnitLimitsTests
{
    private const ulong MiB = 1 << 20;

    private static readonly VmSpec Spec = new() { Cpu = new CpuSpec { Vcpus = 4 }, MemoryBytes = 1024 << 20 };

    [Fact]
    public void What_is_not_asked_for_has_a_default_that_fits_the_VM()
    {
        var limits = Of(Spec, Accelerator.Kvm);

        limits["CPUWeight"].ShouldBe(UnitValue.Of(100ul));
        limits["CPUQuotaPerSecUSec"].ShouldBe(UnitValue.Of(ulong.MaxValue));
        limits["IOWeight"].ShouldBe(UnitValue.Of(100ul));
        limits["MemoryMax"].ShouldBe(UnitValue.Of((1024 + 8 + 512) * MiB));
        limits["TasksMax"].ShouldBe(UnitValue.Of(516ul));
        Of(Spec, Accelerator.Tcg)["MemoryMax"].ShouldBe(UnitValue.Of((1024 + 8 + 512 + 1024) * MiB));
    }

    [Fact]
    public void What_is_asked_for_is_said_as_systemd_wants_it()
    {
        var limits = Of(
            Spec with { Resources = new ResourceSpec { CpuWeight = 500, CpuQuotaPercent = 250, IoWeight = 300, MemoryMaxBytes = 2L << 30 } }, Accelerator.Kvm);

        limits["CPUWeight"].ShouldBe(UnitValue.Of(500ul));
        limits["CPUQuotaPerSecUSec"].ShouldBe(UnitValue.Of(2_500_000ul));
        limits["IOWeight"].ShouldBe(UnitValue.Of(300ul));
        limits["MemoryMax"].ShouldBe(UnitValue.Of(2048 * MiB));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(2L << 30)]
    public void Memory_has_an_end_and_no_step_before_it_whatever_an_earlier_agent_said(long? asked) =>
        Of(Spec with { Resources = new ResourceSpec { MemoryMaxBytes = asked } }, Accelerator.Kvm)["MemoryHigh"].ShouldBe(UnitValue.Of(ulong.MaxValue));

    [Fact]
    public void Limit_below_the_guests_own_memory_is_not_passed_on() =>
        Of(Spec with { Resources = new ResourceSpec { MemoryMaxBytes = 1 << 20 } }, Accelerator.Kvm)["MemoryMax"].ShouldBe(UnitValue.Of((1024 + 64) * MiB));

    private static Dictionary<string, UnitValue> Of(VmSpec spec, Accelerator accelerator) =>
        UnitLimits.Properties(spec, accelerator).ToDictionary(property => property.Name, property => property.Value);
}
