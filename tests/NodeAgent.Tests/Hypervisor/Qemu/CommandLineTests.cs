using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Tests.Hypervisor.Qemu;

public sealed class CommandLineTests
{
    public static TheoryData<string> Names => [.. GoldenCase.All.Select(golden => golden.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Argument_list_is_as_written_down(string name)
    {
        var boot = GoldenCase.Find(name).Build();
        Golden.Check($"Hypervisor/Qemu/golden/{name}.args", string.Concat(boot.Arguments.Select(argument => argument + "\n")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Addresses_are_as_written_down_and_no_place_is_taken_twice(string name)
    {
        var boot = GoldenCase.Find(name).Build();
        var lines = boot.Devices.Select(device => $"{device.Name} {device.DeviceId} {device.Driver} {device.Address}\n");
        Golden.Check($"Hypervisor/Qemu/golden/{name}.devices", string.Concat(lines));
        boot.Devices.Select(device => device.Address).ShouldBeUnique();
        boot.Devices.Select(device => device.Name).ShouldBeUnique();
        boot.Devices.Select(device => device.DeviceId).Where(id => id.Length > 0).ShouldBeUnique();
    }

    [Fact]
    public void Contract_says_what_was_chosen()
    {
        var boot = GoldenCase.Find("pc-emulated-kvm").Build();
        boot.Machine.ShouldBe("pc-i440fx-7.2", "the alias is resolved");
        boot.CpuModel.ShouldBe("qemu64");
        boot.Accelerator.ShouldBe(Accelerator.Kvm);
        boot.AcceleratorWarning.ShouldNotBeNull().ShouldContain("64-bit kernel hangs");
        boot.QemuBinary.ShouldBe("/usr/bin/qemu-system-x86_64");
        boot.QemuVersion.ShouldBe("7.2.22");
        boot.SpecGeneration.ShouldBe(3);
    }

    [Theory]
    [InlineData("q35-everything-kvm")]
    [InlineData("pc-everything-tcg")]
    public void Taking_a_device_away_moves_no_other(string name)
    {
        var golden = GoldenCase.Find(name);
        var all = golden.Build().Devices.ToDictionary(device => device.Name);
        var fewer = golden with
        {
            Spec = golden.Spec with { Rng = false, Watchdog = null, Display = null, Disks = golden.Spec.Disks[..1], BootOrder = [] },
            Disks = golden.Disks[..1],
        };
        foreach (var device in fewer.Build().Devices)
        {
            device.ShouldBe(all[device.Name]);
        }
    }

    [Fact]
    public void Every_block_node_has_a_name_that_QEMU_takes_whole()
    {
        var disk = new DiskSpec { Name = new string('x', DeviceLimits.NameLength), Path = "/golden/a", Format = DiskFormat.Qcow2 };
        var layer = new NodeAgent.Hypervisor.Storage.ImageLayer { Path = "/golden/a", Format = DiskFormat.Qcow2, IsBlockDevice = false, VirtualSize = 1 };
        for (var i = 1; i < NodeAgent.Hypervisor.Storage.ImageInspector.MaxDepth; i++)
        {
            layer = layer with { Backing = layer, DataFile = layer with { Backing = null, DataFile = null } };
        }

        var golden = new GoldenCase("deep", SampleVm.Bare with { Disks = [disk] }) { Disks = [new(disk, layer)] };
        var names = golden.Build().Arguments.SelectMany(argument => OptionParser.NodeNames(argument)).ToArray();
        names.Length.ShouldBeGreaterThan(40);
        names.ShouldAllBe(name => name.Length <= 31);
        names.ShouldBeUnique();
    }
}
