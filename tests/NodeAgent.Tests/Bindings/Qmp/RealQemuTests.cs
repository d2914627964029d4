using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Bindings.Qmp.Events;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>The session with the QEMU that is installed, and our declarations against what it says of itself.</summary>
public sealed class RealQemuTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_least_that_QEMU_may_answer_is_enough_for_our_types_and_every_name_is_one_of_its_own()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none");
        var schema = new QapiSchema(await qemu.Qmp.ExecuteAsync(QmpCommands.QueryQmpSchema, QmpPeer.Long, Ct));
        PropertyInfo[] commands = typeof(QmpCommands).GetProperties(BindingFlags.Public | BindingFlags.Static);
        commands.Length.ShouldBeGreaterThan(40);
        foreach (PropertyInfo property in commands)
        {
            object command = property.GetValue(null)!;
            string name = (string)Internal(command, nameof(QmpCommand<,>.Name))!;
            schema.HasCommand(name).ShouldBeTrue(name);
            if (Internal(command, "Arguments") is JsonTypeInfo arguments)
            {
                NamesAreKnown(schema, name, arguments, schema.ArgumentsOf(name));
            }

            var result = (JsonTypeInfo)Internal(command, "Result")!;
            NamesAreKnown(schema, name, result, schema.ResultOf(name));
            string least = name == "query-uuid"
                ? """{"UUID": "12345678-1234-1234-1234-123456789abc"}"""
                : schema.Least(schema.ResultOf(name)).ToJsonString();
            Should.NotThrow(() => JsonSerializer.Deserialize(least, result), $"{name}: {least}");
        }
    }

    [Fact]
    public async Task The_least_that_an_event_may_say_is_enough_for_our_types()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none");
        var schema = new QapiSchema(await qemu.Qmp.ExecuteAsync(QmpCommands.QueryQmpSchema, QmpPeer.Long, Ct));
        var known = new HashSet<Type>();
        foreach (string name in schema.Events)
        {
            JsonNode least = schema.Least(schema.ArgumentsOf(name));
            known.Add(QmpEventReader.Read(new QmpEvent(name, null, Encoding.UTF8.GetBytes(least.ToJsonString()))).GetType());
        }

        known.ShouldBe(typeof(QmpEventData).GetNestedTypes(), ignoreOrder: true);
    }

    [Fact]
    public async Task Quit_is_announced_before_it_is_answered()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none", "-uuid", "12345678-1234-1234-1234-123456789abc");
        (await qemu.Qmp.ExecuteAsync(QmpCommands.QueryUuid, QmpPeer.Long, Ct)).Uuid.ToString().ShouldStartWith("12345678");
        await qemu.Qmp.ExecuteAsync(QmpCommands.Quit, QmpPeer.Long, Ct);
        (await qemu.Qmp.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.PeerClosed);
        QmpEvent[] events = await qemu.Qmp.ReadEventsAsync(Ct).ToArrayAsync(Ct);
        QmpEventReader.Read(events.ShouldHaveSingleItem()).ShouldBe(new QmpEventData.Shutdown(Guest: false, "host-qmp-quit"));
        (await qemu.ExitAsync()).Status.ShouldBe(0);
    }

    [Fact]
    public async Task A_machine_runs_stops_resets_and_is_read_through_our_types()
    {
        string image = Path.GetTempFileName();
        await using QemuProcess qemu = await QemuProcess.StartRealAsync(
            "-machine", "q35,accel=tcg", "-m", "64", "-smp", "2", "-vga", "std", "-name", "web",
            "-blockdev", $"file,node-name=d0,filename={image}", "-device", "virtio-blk-pci,drive=d0,id=disk0",
            "-device", "virtio-balloon-pci", "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0,id=net0");
        QmpConnection qmp = qemu.Qmp;
        TimeSpan limit = QmpPeer.Long;
        (await qmp.ExecuteAsync(QmpCommands.QueryStatus, limit, Ct)).ShouldBe(new StatusInfo(RunState.Prelaunch, Running: false));
        (await qmp.ExecuteAsync(QmpCommands.QueryName, limit, Ct)).Name.ShouldBe("web");
        CpuInfo[] cpus = await qmp.ExecuteAsync(QmpCommands.QueryCpusFast, limit, Ct);
        cpus.Select(cpu => cpu.Props!.CoreId).ShouldBe([0, 1]);
        cpus.ShouldAllBe(cpu => Directory.Exists($"/proc/{qemu.Id}/task/{cpu.ThreadId}"));
        (await qmp.ExecuteAsync(QmpCommands.QueryKvm, limit, Ct)).Enabled.ShouldBeFalse();
        (await qmp.ExecuteAsync(QmpCommands.QueryBalloon, limit, Ct)).Actual.ShouldBe(64 << 20);
        (await qmp.ExecuteAsync(QmpCommands.QueryMemorySizeSummary, limit, Ct)).BaseMemory.ShouldBe(64 << 20);
        (await qmp.ExecuteAsync(QmpCommands.QueryBlockStats, new BlockStatsArguments(), limit, Ct))
            .ShouldHaveSingleItem().NodeName.ShouldBe("d0");
        (await qmp.ExecuteAsync(QmpCommands.QueryBlock, limit, Ct)).ShouldHaveSingleItem().IoStatus.ShouldBe(BlockIoStatus.Ok);
        await qmp.ExecuteAsync(QmpCommands.BlockResize, new BlockResizeArguments("d0", 1 << 20), limit, Ct);
        (await qmp.ExecuteAsync(QmpCommands.QueryNamedBlockNodes, new NamedBlockNodesArguments(Flat: true), limit, Ct))
            .ShouldHaveSingleItem().Image.VirtualSize.ShouldBe(1 << 20);
        new FileInfo(image).Length.ShouldBe(1 << 20);
        File.Delete(image);
        (await qmp.ExecuteAsync(QmpCommands.QueryRxFilter, new RxFilterArguments(), limit, Ct))
            .ShouldHaveSingleItem().MainMac.ShouldBe("52:54:00:12:34:56");
        await qmp.ExecuteAsync(QmpCommands.SetLink, new SetLinkArguments("net0", Up: false), limit, Ct);
        await qmp.ExecuteAsync(QmpCommands.SetAction, new SetActionArguments(Shutdown: "pause"), limit, Ct);
        await qmp.ExecuteAsync(QmpCommands.SendKey, new SendKeyArguments([new("ctrl"), new("alt"), new("delete")]), limit, Ct);

        string picture = Path.GetTempFileName();
        await qmp.ExecuteAsync(QmpCommands.Screendump, new ScreendumpArguments(picture), limit, Ct);
        byte[] png = await File.ReadAllBytesAsync(picture, Ct);
        File.Delete(picture);
        png.AsSpan(1, 3).SequenceEqual("PNG"u8).ShouldBeTrue();

        await qmp.ExecuteAsync(QmpCommands.Cont, limit, Ct);
        (await qmp.ExecuteAsync(QmpCommands.QueryStatus, limit, Ct)).ShouldBe(new StatusInfo(RunState.Running, Running: true));
        await qmp.ExecuteAsync(QmpCommands.InjectNmi, limit, Ct);
        await qmp.ExecuteAsync(QmpCommands.Stop, limit, Ct);
        await qmp.ExecuteAsync(QmpCommands.SystemReset, limit, Ct);
        await qmp.ExecuteAsync(QmpCommands.Quit, limit, Ct);
        QmpEvent[] events = await qmp.ReadEventsAsync(Ct).ToArrayAsync(Ct);
        events.Select(item => item.Name).Where(name => name is "RESUME" or "STOP" or "RESET" or "SHUTDOWN")
            .ShouldBe(["RESUME", "STOP", "RESET", "SHUTDOWN"]);
        events.ShouldAllBe(item => item.Timestamp > DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task A_binary_tells_what_it_can_do()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none");
        QmpConnection qmp = qemu.Qmp;
        TimeSpan limit = QmpPeer.Long;
        (await qmp.ExecuteAsync(QmpCommands.QueryMachines, limit, Ct)).ShouldContain(machine => machine.Alias == "q35");
        (await qmp.ExecuteAsync(QmpCommands.QueryCpuDefinitions, limit, Ct))
            .ShouldContain(cpu => cpu.Name == "qemu64" && cpu.UnavailableFeatures!.Count == 0);
        (await qmp.ExecuteAsync(
            QmpCommands.QueryCpuModelExpansion,
            new CpuModelExpansionArguments(CpuModelExpansionType.Static, new CpuModel("qemu64")),
            limit,
            Ct)).Model.Name.ShouldBe("base");
        (await qmp.ExecuteAsync(QmpCommands.QomListTypes, new ListTypesArguments("device"), limit, Ct))
            .ShouldContain(type => type.Name == "virtio-blk-pci");
        (await qmp.ExecuteAsync(QmpCommands.QomGet, new GetPropertyArguments("/machine", "type"), limit, Ct))
            .GetString().ShouldBe("none-machine");
        (await qmp.ExecuteAsync(QmpCommands.QueryYank, limit, Ct, QmpLane.OutOfBand))
            .ShouldHaveSingleItem().ShouldBe(new YankInstance("chardev", Id: "qmp0"));
        QmpException refused = await Should.ThrowAsync<QmpException>(
            () => qmp.ExecuteAsync(QmpCommands.QueryStatus, limit, Ct, QmpLane.OutOfBand));
        refused.Error.ShouldBe(QmpError.CommandFailed);
    }

    [Fact]
    public async Task A_command_out_of_band_is_answered_while_the_main_loop_is_stuck()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none");
        string path = Path.GetTempFileName() + ".nbd";
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.Listen();
        var add = new QmpCommand<JsonElement, QmpEmpty>(
            "blockdev-add", JsonMetadataServices.CreateValueInfo<JsonElement>(JsonSerializerOptions.Default, JsonMetadataServices.JsonElementConverter), QmpCommands.Cont.Result);
        using JsonDocument disk = JsonDocument.Parse(
            $$"""{ "driver": "nbd", "node-name": "stuck", "server": { "type": "unix", "path": "{{path}}" } }""");

        // A disk whose server takes the connection and says nothing: QEMU's main loop waits for it.
        Task<QmpEmpty> stuck = qemu.Qmp.ExecuteAsync(add, disk.RootElement, QmpPeer.Long, Ct);
        using (Socket silent = await server.AcceptAsync(Ct).AsTask().WaitAsync(QmpPeer.Long, Ct))
        {
            Task<StatusInfo> behind = qemu.Qmp.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct);
            YankInstance[] cuttable = await qemu.Qmp.ExecuteAsync(QmpCommands.QueryYank, QmpPeer.Long, Ct, QmpLane.OutOfBand);
            cuttable.ShouldContain(new YankInstance("block-node", NodeName: "stuck"));
            (stuck.IsCompleted, behind.IsCompleted).ShouldBe((false, false));

            silent.Dispose();
            await behind;
        }

        (await Should.ThrowAsync<QmpException>(stuck)).Error.ShouldBe(QmpError.CommandFailed);
        File.Delete(path);
    }

    [Fact]
    public async Task File_descriptors_arrive_each_with_its_own_command()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none");
        QmpConnection qmp = qemu.Qmp;
        using SafeFileHandle handle = File.OpenHandle("/dev/null");
        Task<AddedFd>[] adding =
        [
            .. Enumerable.Range(0, 20).Select(i => qmp.ExecuteAsync(
                QmpCommands.AddFd, new AddFdArguments(i, $"note {i}"), QmpPeer.Long, Ct, descriptor: handle)),
        ];
        AddedFd[] added = await Task.WhenAll(adding);
        added.Select(item => item.Fd).Distinct().Count().ShouldBe(20);
        FdSet[] sets = await qmp.ExecuteAsync(QmpCommands.QueryFdSets, QmpPeer.Long, Ct);
        sets.OrderBy(set => set.FdsetId).Select(set => set.Fds.Single().Opaque)
            .ShouldBe(Enumerable.Range(0, 20).Select(i => $"note {i}"));
        await qmp.ExecuteAsync(QmpCommands.RemoveFd, new RemoveFdArguments(3), QmpPeer.Long, Ct);

        var name = new NamedDescriptorArguments("tap0");
        await qmp.ExecuteAsync(QmpCommands.GetFd, name, QmpPeer.Long, Ct, descriptor: handle);
        await qmp.ExecuteAsync(QmpCommands.CloseFd, name, QmpPeer.Long, Ct);
        (await Should.ThrowAsync<QmpException>(() => qmp.ExecuteAsync(QmpCommands.GetFd, name, QmpPeer.Long, Ct)))
            .Error.ShouldBe(QmpError.CommandFailed);
    }

    [Fact]
    public async Task A_killed_QEMU_is_a_closed_connection()
    {
        await using QemuProcess qemu = await QemuProcess.StartRealAsync("-machine", "none");
        using (Process process = Process.GetProcessById(qemu.Id))
        {
            process.Kill();
        }

        (await qemu.Qmp.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(QmpCloseReason.PeerClosed);
    }

    private static object? Internal(object command, string property) =>
        command.GetType().GetProperty(property, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!.GetValue(command);

    private static void NamesAreKnown(QapiSchema schema, string command, JsonTypeInfo ours, string theirs)
    {
        theirs = schema.Unwrap(theirs);
        if (ours.Kind == JsonTypeInfoKind.Enumerable)
        {
            NamesAreKnown(schema, command, ours.Options.GetTypeInfo(ours.ElementType!), theirs);
        }
        else if (ours.Kind == JsonTypeInfoKind.Object && schema.IsObject(theirs))
        {
            Dictionary<string, string> members = schema.Members(theirs);
            foreach (JsonPropertyInfo property in ours.Properties)
            {
                members.ShouldContainKey(property.Name, $"{command}: {ours.Type.Name}");
                NamesAreKnown(schema, command, ours.Options.GetTypeInfo(property.PropertyType), members[property.Name]);
            }
        }
    }
}
