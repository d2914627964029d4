using System.Collections.Immutable;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class CapabilityRulesTests
{
    public static TheoryData<string, string, Func<VmSpec, VmSpec>, Func<QemuCapabilities, QemuCapabilities>> Unfit => new()
    {
        { "no such machine", "spec.machine", spec => spec with { Machine = "pc-q35-9.9" }, qemu => qemu },
        { "too many vcpus", "spec.cpu.vcpus", spec => spec with { Cpu = new CpuSpec { Vcpus = 289 } }, qemu => qemu },
        { "no such model", "spec.cpu.model", spec => spec with { Cpu = new CpuSpec { Vcpus = 1, Model = "Z80" } }, qemu => qemu },
        { "model that lacks something", "spec.cpu.model", spec => spec with { Cpu = new CpuSpec { Vcpus = 1, Model = "EPYC" } }, qemu => qemu },
        { "host under TCG", "spec.cpu.model", spec => spec with { Accelerator = AcceleratorChoice.Tcg, Cpu = new CpuSpec { Vcpus = 1, Model = "host" } }, qemu => qemu },
        { "no slirp", "spec.network_interfaces", spec => spec with { NetworkInterfaces = [new() { Name = "n", Mac = "52:54:00:00:00:01" }] }, qemu => qemu with { NetworkBackends = ["tap"] } },
        { "no VNC", "spec.display.vnc", spec => spec with { Display = new DisplaySpec(true) }, qemu => qemu with { Options = ["sandbox"] } },
        { "no balloon", "spec.balloon", spec => spec, qemu => qemu with { Devices = qemu.Devices.Remove("virtio-balloon-pci") } },
        { "no watchdog", "spec.watchdog", spec => spec with { Watchdog = WatchdogAction.Reset }, qemu => qemu with { Devices = qemu.Devices.Remove("i6300esb") } },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void What_this_QEMU_cannot_do_is_refused_by_field(
        string what, string field, Func<VmSpec, VmSpec> ask, Func<QemuCapabilities, QemuCapabilities> take)
    {
        var violation = Check(ask(SampleVm.Plain), take(SampleQemu.Capabilities)).ShouldHaveSingleItem(what);
        violation.Field.ShouldBe(field);
        violation.Description.ShouldContain(";");
    }

    [Fact]
    public void What_it_can_do_is_not()
    {
        foreach (var golden in GoldenCase.All)
        {
            Check(golden.Spec, golden.Qemu).ShouldBeEmpty(golden.Name);
        }
    }

    [Theory]
    [InlineData("qemu64")]
    [InlineData("Nehalem")]
    [InlineData("host")]
    public void Model_that_runs_here_is_taken(string model) =>
        Check(SampleVm.Plain with { Cpu = new CpuSpec { Vcpus = 1, Model = model } }, SampleQemu.Capabilities).ShouldBeEmpty();

    private static ImmutableArray<FieldViolation> Check(VmSpec spec, QemuCapabilities qemu)
    {
        var boot = new GoldenCase("", spec) { Qemu = qemu }.Build();
        return CapabilityRules.Check(boot, spec, qemu);
    }
}
