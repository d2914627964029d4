using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class SpecReaderTests
{
    private static readonly Guid Id = Guid.Parse("11111111-2222-3333-4444-555555555555");

    [Fact]
    public void What_is_written_reads_back() => SpecGen.Definition.Sample(definition =>
    {
        var written = SpecWriter.Write(definition);

        // Through the wire, and compared as messages: they have value equality, also of lists.
        var read = SpecReader.Read(V1.Vm.Parser.ParseFrom(written.ToByteArray()), definition.Id);

        SpecWriter.Write(read with { Generation = definition.Generation, CreateTime = definition.CreateTime, UpdateTime = definition.UpdateTime }).ShouldBe(written);
    });

    [Fact]
    public void An_almost_empty_spec_gets_the_contracts_defaults()
    {
        var spec = Read(new V1.VmSpec { Cpu = new V1.CpuSpec { Vcpus = 2 }, MemoryBytes = 1 << 28 });

        spec.ShouldSatisfyAllConditions(
            () => spec.Machine.ShouldBe("q35"),
            () => spec.Accelerator.ShouldBe(AcceleratorChoice.Auto),
            () => spec.Rng.ShouldBeTrue(),
            () => spec.Balloon.ShouldBeTrue(),
            () => spec.Console!.HistoryBytes.ShouldBe(256 * 1024),
            () => spec.Display.ShouldBeNull(),
            () => spec.OnPanic.ShouldBe(PanicAction.Pause),
            () => spec.Watchdog.ShouldBeNull(),
            () => spec.Restart.ShouldBe(new RestartPolicy()),
            () => spec.Autostart.ShouldBeNull(),
            () => spec.Shutdown.ShouldBe(new ShutdownPolicy()));
    }

    [Fact]
    public void Devices_without_names_get_their_number_and_a_lasting_address()
    {
        var spec = Read(new V1.VmSpec
        {
            Disks = { Raw("a"), Raw("b") },
            NetworkInterfaces = { new V1.NetworkInterface { User = new() }, new V1.NetworkInterface { Name = "lan", Mac = "52:54:00:AB:CD:EF", User = new() } },
        });

        spec.Disks.Select(disk => disk.Name).ShouldBe(["disk0", "disk1"]);
        spec.NetworkInterfaces.Select(network => network.Name).ShouldBe(["net0", "lan"]);
        spec.NetworkInterfaces[0].Mac.ShouldBe(DeviceReader.MacOf(Id, "net0"));
        spec.NetworkInterfaces[0].Mac.ShouldMatch("^52:54:00(:[0-9a-f]{2}){3}$");
        spec.NetworkInterfaces[1].Mac.ShouldBe("52:54:00:ab:cd:ef");
    }

    [Fact]
    public void Addresses_differ_between_vms_and_interfaces() =>
        Enumerable.Range(0, 200).Select(i => DeviceReader.MacOf(Guid.NewGuid(), $"net{i % 4}")).Distinct().Count().ShouldBeGreaterThan(195);

    [Fact]
    public void Everything_that_the_model_cannot_say_is_named_at_once()
    {
        var fault = Should.Throw<VmException>(() => Read(new V1.VmSpec
        {
            Accelerator = (V1.Accelerator)99,
            Firmware = (V1.Firmware)99,
            Kernel = new V1.DirectKernel { Cmdline = "x" },
            Disks = { new V1.Disk { Path = "/a" }, new V1.Disk { Path = "/a", Format = (V1.DiskFormat)99 } },
            NetworkInterfaces = { new V1.NetworkInterface() },
            Console = new V1.ConsoleSpec { HistoryBytes = long.MaxValue },
            OnPanic = (V1.PanicAction)99,
            Watchdog = new V1.WatchdogSpec { Action = (V1.WatchdogAction)99 },
            Restart = new V1.RestartPolicy { Mode = (V1.RestartMode)99, InitialBackoff = new Duration { Seconds = -1 }, MaxBackoff = new Duration { Nanos = int.MaxValue } },
            Shutdown = new V1.ShutdownPolicy { Timeout = new Duration { Seconds = 1, Nanos = -1 }, Fallback = (V1.ShutdownFallback)99 },
        }));

        fault.Reason.ShouldBe(VmErrorReason.InvalidSpec);
        fault.Violations.Select(violation => violation.Field).ShouldBe(
            [
                "spec.accelerator", "spec.firmware", "spec.kernel.kernel_path", "spec.disks[0].format", "spec.disks[1].format",
                "spec.network_interfaces[0].user", "spec.console.history_bytes", "spec.on_panic", "spec.watchdog.action", "spec.restart.mode",
                "spec.restart.initial_backoff", "spec.restart.max_backoff", "spec.shutdown.timeout", "spec.shutdown.fallback",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void A_missing_spec_is_named() =>
        Should.Throw<VmException>(() => SpecReader.Read(new V1.Vm { Name = "web" }, Id)).Violations.ShouldHaveSingleItem().Field.ShouldBe("spec");

    [Fact]
    public void A_field_of_a_newer_contract_is_refused_with_its_path()
    {
        var disk = V1.Disk.Parser.ParseFrom([.. Raw("a").ToByteArray(), 0xF8, 0x07, 0x01]);

        var fault = Should.Throw<VmException>(() => Read(new V1.VmSpec { Disks = { Raw("b"), disk } }));

        fault.Violations.ShouldHaveSingleItem().Field.ShouldBe("spec.disks[1]");
    }

    [Theory]
    [InlineData("web")]
    [InlineData("{11111111-2222-3333-4444-555555555555}")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public void An_id_that_is_no_uuid_is_refused(string id) => Should.Throw<VmException>(() => SpecReader.ReadId(id)).Violations[0].Field.ShouldBe("vm.id");

    [Fact]
    public void No_message_makes_the_reader_fail_otherwise_than_with_field_paths() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        V1.Vm vm;
        try
        {
            vm = V1.Vm.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }

        try
        {
            SpecReader.Read(vm, Id);
        }
        catch (VmException fault)
        {
            fault.Violations.ShouldNotBeEmpty();
        }
    });

    private static VmSpec Read(V1.VmSpec spec) => SpecReader.Read(new V1.Vm { Name = "web", Spec = spec }, Id).Spec;

    private static V1.Disk Raw(string name) => new() { Path = $"/images/{name}", Format = V1.DiskFormat.Raw };
}
