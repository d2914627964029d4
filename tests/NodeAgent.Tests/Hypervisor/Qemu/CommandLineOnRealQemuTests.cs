using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class CommandLineOnRealQemuTests
{
    private const string Greeting = "hello from the boot sector";

    // A block device cannot be made without privileges.
    public static TheoryData<string> Names => [.. GoldenCase.All.Select(golden => golden.Name).Where(name => name != "q35-block-device")];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Golden_list_is_accepted(string name)
    {
        var golden = GoldenCase.Find(name);
        RealQemu.SkipWithout();
        using var home = new TemporaryDirectory();
        await GoldenFiles.MakeAsync(golden, home.Path);
        var boot = golden.Build();
        Assert.SkipWhen(boot.Accelerator == Accelerator.Kvm && !RealQemu.HasKvm(), "no KVM here");

        // What is tried is the list, not this host's processor: "host" brings QEMU down on a KVM that only emulates.
        var arguments = boot.Arguments.Select(argument => argument == "host" ? "qemu64" : argument.Replace(GoldenCase.Root, home.Path, StringComparison.Ordinal));
        await using var qemu = await RealQemu.StartAsync(
            boot, arguments, [.. boot.Files.Select(file => file with { Path = file.Path.Replace(GoldenCase.Root, home.Path, StringComparison.Ordinal) })], new RunDirectory($"{home.Path}/run", SampleVm.Define(golden.Spec).Id), golden.Spec.Console is not null);

        (await qemu.AskAsync(QmpCommands.QueryStatus)).Status.ShouldBe(RunState.Prelaunch);
        (await qemu.AskAsync(QmpCommands.QueryUuid)).Uuid.ShouldBe(SampleVm.Define(golden.Spec).Id);
        (await qemu.AskAsync(QmpCommands.QueryKvm)).Enabled.ShouldBe(boot.Accelerator == Accelerator.Kvm);
        (await qemu.AskAsync(QmpCommands.QueryCpusFast)).Length.ShouldBe(golden.Spec.Cpu.Vcpus);
        (await qemu.AskAsync(QmpCommands.QueryMemorySizeSummary)).BaseMemory.ShouldBe(golden.Spec.MemoryBytes);
        (await qemu.Observer.ExecuteAsync(QmpCommands.QueryStatus, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken))
            .Status.ShouldBe(RunState.Prelaunch);
        await DevicesAreThereAsync(qemu, boot);
        (await qemu.QuitAsync()).ExitCode.ShouldBe(0, await qemu.ReadLogAsync());
    }

    [Theory]
    [InlineData("q35", AcceleratorChoice.Tcg)]
    [InlineData("pc", AcceleratorChoice.Tcg)]
    [InlineData("pc", AcceleratorChoice.Kvm)]
    public async Task Boot_sector_of_the_first_disk_of_the_boot_order_runs(string machine, AcceleratorChoice accelerator)
    {
        RealQemu.SkipWithout();
        Assert.SkipWhen(accelerator == AcceleratorChoice.Kvm && !RealQemu.HasKvm(), "no KVM here");
        using var home = new TemporaryDirectory();
        var disks = Enumerable.Range(0, 2).Select(i => new DiskSpec { Name = $"disk{i}", Path = $"{home.Path}/disk{i}", Format = DiskFormat.Raw }).ToArray();
        await File.WriteAllBytesAsync(disks[0].Path, TestKernel.BootDisk("the wrong one"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(disks[1].Path, TestKernel.BootDisk(Greeting), TestContext.Current.CancellationToken);
        var spec = SampleVm.Plain with { Machine = machine, Accelerator = accelerator, Disks = [.. disks], BootOrder = ["disk1"] };

        (await BootAsync(spec, home.Path, Greeting)).ShouldContain(Greeting);
    }

    [Theory]
    [InlineData("q35", AcceleratorChoice.Tcg)]
    [InlineData("microvm", AcceleratorChoice.Tcg)]
    [InlineData("microvm", AcceleratorChoice.Kvm)]
    public async Task Kernel_runs(string machine, AcceleratorChoice accelerator)
    {
        RealQemu.SkipWithout();
        Assert.SkipWhen(accelerator == AcceleratorChoice.Kvm && !RealQemu.HasKvm(), "no KVM here");
        using var home = new TemporaryDirectory();
        var kernel = $"{home.Path}/kernel";
        await File.WriteAllBytesAsync(kernel, TestKernel.Multiboot(Greeting), TestContext.Current.CancellationToken);
        var spec = SampleVm.Plain with { Machine = machine, Accelerator = accelerator, Kernel = new DirectKernel(kernel) };

        (await BootAsync(spec, home.Path, Greeting)).ShouldContain(Greeting);
    }

    private static async Task<string> BootAsync(VmSpec spec, string home, string until)
    {
        var planner = new BootPlanner(
            () => new ImageRoots([home]),
            _ => Task.FromResult(new BootFacts(
                new QemuProbeResult.Answered(SampleQemu.Capabilities, false), new KvmSuitability(KvmFitness.EmulatedOnly, "perhaps"))),
            TimeProvider.System);
        var directory = new RunDirectory($"{home}/run", SampleVm.Define(spec).Id);
        var boot = await planner.PlanAsync(SampleVm.Define(spec), directory, TestContext.Current.CancellationToken);
        await using var qemu = await RealQemu.StartAsync(boot, boot.Arguments, boot.Files, directory, withConsole: true);
        await qemu.AskAsync(QmpCommands.Cont);
        return await qemu.ReadConsoleUntilAsync(until);
    }

    private static async Task DevicesAreThereAsync(RealQemu qemu, BootContract boot)
    {
        var peripherals = await qemu.AskAsync(QmpCommands.QomList, new ListPropertiesArguments("/machine/peripheral"));
        foreach (var device in boot.Devices.Where(device => device.DeviceId.Length > 0))
        {
            peripherals.ShouldContain(found => found.Name == device.DeviceId && found.Type == $"child<{device.Driver}>");
            if (device.Address.Split('/') is [var bus, var slot] && bus is not "isa")
            {
                var at = await qemu.AskAsync(QmpCommands.QomGet, new GetPropertyArguments($"/machine/peripheral/{device.DeviceId}", "addr"));
                $"{at.GetInt32() >> 3:x2}.{at.GetInt32() & 7}".ShouldBe(slot, device.DeviceId);
            }
        }
    }
}
