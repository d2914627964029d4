using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Tests.Hypervisor.Storage;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class BootPlannerTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    [Fact]
    public async Task Paths_in_the_plan_are_real_paths()
    {
        await File.WriteAllBytesAsync(In("disk"), new byte[512], TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(In("link"), In("disk"));
        var spec = SampleVm.Plain with { Disks = [Disk("link", DiskFormat.Raw)], Kernel = new DirectKernel(In("link"), In("link")) };
        var boot = await PlanAsync(spec);
        boot.Arguments.ShouldContain(In("disk"), "the kernel");
        boot.Arguments.ShouldAllBe(argument => !argument.Contains("link", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Plan_of_the_same_VM_is_the_same()
    {
        await File.WriteAllBytesAsync(In("disk"), new byte[512], TestContext.Current.CancellationToken);
        var spec = SampleVm.Plain with { Disks = [Disk("disk", DiskFormat.Raw)] };
        (await PlanAsync(spec)).Arguments.ShouldBe((await PlanAsync(spec)).Arguments);
    }

    [Fact]
    public async Task Invalid_spec_is_refused_with_all_its_fields()
    {
        var refusal = await RefusalAsync(SampleVm.Plain with { MemoryBytes = 1, Disks = [Disk("missing", DiskFormat.Raw)] });
        refusal.Reason.ShouldBe(BootRefusal.InvalidSpec);
        refusal.Violations.Select(violation => violation.Field).ShouldBe(["spec.memory_bytes", "spec.disks[0].path"]);
        refusal.Message.ShouldContain("spec.memory_bytes: ");
    }

    [Fact]
    public async Task Hostile_image_is_refused_by_the_path_of_its_disk()
    {
        await File.WriteAllBytesAsync(In("disk"), new Qcow2Image().Backing("/etc/passwd").Bytes, TestContext.Current.CancellationToken);
        var refusal = await RefusalAsync(SampleVm.Plain with { Disks = [Disk("disk", DiskFormat.Qcow2)] });
        refusal.Reason.ShouldBe(BootRefusal.InvalidSpec);
        refusal.Violations.ShouldHaveSingleItem().Field.ShouldBe("spec.disks[0].path");

        var checks = await Planner().CheckAsync(SampleVm.Define(SampleVm.Plain with { Disks = [Disk("disk", DiskFormat.Qcow2)] }), TestContext.Current.CancellationToken);
        checks.ShouldBe(refusal.Violations);
    }

    [Fact]
    public async Task What_the_host_cannot_do_is_another_refusal()
    {
        (await RefusalAsync(SampleVm.Plain with { Accelerator = AcceleratorChoice.Kvm })).Reason.ShouldBe(BootRefusal.HostUnfit);
        (await RefusalAsync(SampleVm.Plain with { Machine = "pc-q35-9.9" })).Reason.ShouldBe(BootRefusal.HostUnfit);
    }

    [Fact]
    public async Task Without_a_QEMU_the_probe_s_words_are_passed_on()
    {
        var planner = Planner(new QemuProbeResult.Failed(QemuProbeFailure.Missing, "it is not there"));
        var refusal = await Should.ThrowAsync<BootRefusedException>(() => PlanAsync(SampleVm.Plain, planner));
        refusal.Reason.ShouldBe(BootRefusal.NoQemu);
        refusal.Message.ShouldBe("it is not there");
    }

    public void Dispose() => _home.Dispose();

    private static DiskSpec DiskAt(string path, DiskFormat format) => new() { Name = "x", Path = path, Format = format };

    private DiskSpec Disk(string name, DiskFormat format) => DiskAt(In(name), format);

    private BootPlanner Planner(QemuProbeResult? qemu = null) => new(
        () => new ImageRoots([_home.Path]),
        _ => Task.FromResult(new BootFacts(
            qemu ?? new QemuProbeResult.Answered(SampleQemu.Capabilities, false), new KvmSuitability(KvmFitness.Unavailable, "no"))),
        new FakeTimeProvider());

    private Task<BootContract> PlanAsync(VmSpec spec, BootPlanner? planner = null) => (planner ?? Planner()).PlanAsync(
        SampleVm.Define(spec), new RunDirectory("/run/x", Guid.Empty), TestContext.Current.CancellationToken);

    private Task<BootRefusedException> RefusalAsync(VmSpec spec) => Should.ThrowAsync<BootRefusedException>(() => PlanAsync(spec));

    private string In(string name) => Path.Combine(_home.Path, name);
}
