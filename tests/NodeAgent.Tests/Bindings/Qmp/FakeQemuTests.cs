using System.Diagnostics;
using System.Text.Json;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Bindings.Qmp.Events;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>The session against another process, with each fault that FakeQemu can play.</summary>
public sealed class FakeQemuTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_lives_its_life_in_view_of_all_monitors()
    {
        string uuid = Guid.NewGuid().ToString();
        await using QemuProcess qemu = await QemuProcess.StartAsync(
            QemuProcess.Fake,
            script: null,
            QmpLimits.Default,
            monitors: 2,
            ["-S", "-name", "guest=web,debug-threads=on", "-uuid", uuid, "-smp", "2", "-machine", "q35,accel=kvm",
             "-action", "shutdown=pause,panic=pause", "-device", "virtio-blk-pci,id=disk0,drive=node0"]);
        QmpConnection control = qemu.Qmp;
        QmpConnection observer = qemu.Monitors[1];

        (await control.ExecuteAsync(QmpCommands.QueryUuid, QmpPeer.Long, Ct)).Uuid.ToString().ShouldBe(uuid);
        (await observer.ExecuteAsync(QmpCommands.QueryName, QmpPeer.Long, Ct)).Name.ShouldBe("web");
        (await observer.ExecuteAsync(QmpCommands.QueryCpusFast, QmpPeer.Long, Ct)).Length.ShouldBe(2);
        (await observer.ExecuteAsync(QmpCommands.QueryKvm, QmpPeer.Long, Ct)).Enabled.ShouldBeTrue();
        BlockStatsInfo[] disks = await observer.ExecuteAsync(
            QmpCommands.QueryBlockStats, new BlockStatsArguments(), QmpPeer.Long, Ct);
        disks.ShouldHaveSingleItem().NodeName.ShouldBe("node0");

        (await StateAsync(observer)).ShouldBe(RunState.Prelaunch);
        await control.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        (await StateAsync(observer)).ShouldBe(RunState.Running);
        await control.ExecuteAsync(QmpCommands.Stop, QmpPeer.Long, Ct);
        (await StateAsync(observer)).ShouldBe(RunState.Paused);
        await control.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        await control.ExecuteAsync(QmpCommands.SystemPowerdown, QmpPeer.Long, Ct);
        await NextAsync(observer, "STOP", 2);
        (await StateAsync(observer)).ShouldBe(RunState.Shutdown);
        QmpException refused = await Should.ThrowAsync<QmpException>(
            () => control.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct));
        refused.Description.ShouldBe("Resetting the Virtual Machine is required");
        await control.ExecuteAsync(QmpCommands.Quit, QmpPeer.Long, Ct);

        (await qemu.ExitAsync()).Status.ShouldBe(0);
        (await observer.Closed).ShouldBe(QmpCloseReason.PeerClosed);
        QmpEvent[] events = await control.ReadEventsAsync(Ct).ToArrayAsync(Ct);
        events.Select(item => item.Name).ShouldBe(
            ["RESUME", "STOP", "RESUME", "POWERDOWN", "SHUTDOWN", "STOP", "SHUTDOWN"]);
        QmpEventReader.Read(events[4]).ShouldBe(new QmpEventData.Shutdown(Guest: true, "guest-shutdown"));
        QmpEventReader.Read(events[6]).ShouldBe(new QmpEventData.Shutdown(Guest: false, "host-qmp-quit"));
    }

    [Fact]
    public async Task A_binary_can_be_asked_what_it_can_do()
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync("[]", "-machine", "none", "-S");
        (await qemu.Qmp.ExecuteAsync(QmpCommands.QueryMachines, QmpPeer.Long, Ct)).ShouldContain(m => m.Alias == "q35");
        (await qemu.Qmp.ExecuteAsync(QmpCommands.QueryCpuDefinitions, QmpPeer.Long, Ct)).ShouldContain(cpu => cpu.Name == "max");
        (await qemu.Qmp.ExecuteAsync(QmpCommands.QomListTypes, new ListTypesArguments("device"), QmpPeer.Long, Ct))
            .ShouldContain(type => type.Name == "virtio-blk-pci");
        (await qemu.Qmp.ExecuteAsync(
            QmpCommands.DeviceListProperties, new DevicePropertiesArguments("virtio-blk-pci"), QmpPeer.Long, Ct))
            .ShouldContain(property => property.Name == "bootindex");
        (await qemu.Qmp.ExecuteAsync(
            QmpCommands.QueryCpuModelExpansion,
            new CpuModelExpansionArguments(CpuModelExpansionType.Full, new CpuModel("qemu64")),
            QmpPeer.Long,
            Ct)).Model.Props.ShouldNotBeNull().ShouldContainKey("svm");
        (await qemu.Qmp.ExecuteAsync(
            QmpCommands.QueryCommandLineOptions, new CommandLineOptionsArguments(), QmpPeer.Long, Ct))
            .ShouldContain(option => option.Option == "sandbox");
        (await qemu.Qmp.ExecuteAsync(QmpCommands.QueryQmpSchema, QmpPeer.Long, Ct)).ValueKind.ShouldBe(JsonValueKind.Array);
    }

    [Fact]
    public async Task Silence_costs_one_command_its_time_out()
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync("""[{"on": "query-status", "do": "silence", "times": 1}]""");
        (await Should.ThrowAsync<QmpException>(
            () => qemu.Qmp.ExecuteAsync(QmpCommands.QueryStatus, TimeSpan.FromMilliseconds(50), Ct)))
            .Error.ShouldBe(QmpError.TimedOut);
        (await StateAsync(qemu.Qmp)).ShouldBe(RunState.Running);
    }

    [Fact]
    public async Task A_stalled_monitor_blinds_neither_the_other_one_nor_the_out_of_band_lane()
    {
        await using QemuProcess qemu = await QemuProcess.StartAsync(
            QemuProcess.Fake, """[{"on": "stop", "do": "stall"}]""", QmpLimits.Default, monitors: 2, []);
        Task stuck = qemu.Qmp.ExecuteAsync(QmpCommands.Stop, QmpPeer.Long, Ct);
        Task[] behind = [.. Enumerable.Range(0, 20).Select(_ => qemu.Qmp.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct))];
        (await qemu.Qmp.ExecuteAsync(QmpCommands.QueryYank, QmpPeer.Long, Ct, QmpLane.OutOfBand)).ShouldBeEmpty();
        (await StateAsync(qemu.Monitors[1])).ShouldBe(RunState.Running);
        stuck.IsCompleted.ShouldBeFalse();
        await qemu.Qmp.DisposeAsync();
        foreach (Task command in behind.Prepend(stuck))
        {
            (await Should.ThrowAsync<QmpException>(() => command)).CloseReason.ShouldBe(QmpCloseReason.Disposed);
        }
    }

    [Fact]
    public async Task A_delayed_reply_is_late_but_right()
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync(
            """[{"on": "query-name", "do": "delay", "milliseconds": 100}]""", "-name", "slow");
        long start = Stopwatch.GetTimestamp();
        Task<NameInfo> slow = qemu.Qmp.ExecuteAsync(QmpCommands.QueryName, QmpPeer.Long, Ct);
        Task<StatusInfo> behind = qemu.Qmp.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct);
        (await behind).Status.ShouldBe(RunState.Running);
        Stopwatch.GetElapsedTime(start).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(90));
        (await slow).Name.ShouldBe("slow");
    }

    [Fact]
    public async Task A_refusal_is_scripted_with_class_and_words_and_for_one_machine_only()
    {
        const string Script =
            """
            [{"on": "cont", "vm": "b", "do": "error", "description": "of the other machine"},
             {"on": "cont", "vm": "a", "skip": 1, "times": 1, "do": "error", "class": "DeviceNotFound", "description": "no"}]
            """;
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync(Script, "-S", "-name", "a");
        await qemu.Qmp.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        (await Should.ThrowAsync<QmpException>(() => qemu.Qmp.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct)))
            .ErrorClass.ShouldBe("DeviceNotFound");
        await qemu.Qmp.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
    }

    [Fact]
    public async Task A_guest_may_ignore_the_power_button()
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync("""[{"on": "system_powerdown", "do": "ignore"}]""");
        await qemu.Qmp.ExecuteAsync(QmpCommands.SystemPowerdown, QmpPeer.Long, Ct);
        (await StateAsync(qemu.Qmp)).ShouldBe(RunState.Running);
    }

    [Theory]
    [InlineData("garbage", QmpCloseReason.ProtocolError)]
    [InlineData("hugeLine", QmpCloseReason.LineTooLong)]
    [InlineData("flood", QmpCloseReason.EventFlood)]
    [InlineData("close", QmpCloseReason.PeerClosed)]
    [InlineData("closeMidLine", QmpCloseReason.Truncated)]
    [InlineData("exit", QmpCloseReason.PeerClosed)]
    [InlineData("signal", QmpCloseReason.PeerClosed)]
    public async Task A_fault_ends_its_own_connection_with_its_own_reason(string fault, QmpCloseReason reason)
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync($$"""[{"on": "query-status", "do": "{{fault}}"}]""");
        Task asking = qemu.Qmp.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct);
        (await qemu.Qmp.Closed.WaitAsync(QmpPeer.Long, Ct)).ShouldBe(reason);
        (await Should.ThrowAsync<QmpException>(() => asking)).CloseReason.ShouldBe(reason);
    }

    [Theory]
    [InlineData("""{"on": "cont", "do": "exit", "status": 3, "text": "could not open disk"}""", 3, "could not open disk")]
    [InlineData("""{"on": "cont", "do": "signal", "signal": 6, "text": "Assertion failed"}""", 134, "Assertion failed")]
    public async Task The_process_ends_as_scripted_with_its_last_words(string fault, int status, string words)
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync($"[{fault}]", "-S");
        await Should.ThrowAsync<QmpException>(() => qemu.Qmp.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct));
        (await qemu.ExitAsync()).ShouldBe((status, words));
    }

    [Theory]
    [InlineData("garbage", QmpError.ProtocolError)]
    [InlineData("hugeLine", QmpError.LineTooLong)]
    [InlineData("close", QmpError.Closed)]
    [InlineData("closeMidLine", QmpError.Closed)]
    [InlineData("silence", QmpError.TimedOut)]
    public async Task A_bad_greeting_opens_no_connection(string fault, QmpError error)
    {
        var limits = new QmpLimits { OpenTimeout = fault == "silence" ? TimeSpan.FromMilliseconds(300) : QmpPeer.Long };
        string script = $$"""[{"on": "greeting", "do": "{{fault}}"}]""";
        (await Should.ThrowAsync<QmpException>(() => QemuProcess.StartAsync(QemuProcess.Fake, script, limits, 1, [])))
            .Error.ShouldBe(error);
    }

    [Fact]
    public async Task A_slow_greeting_is_waited_for()
    {
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync(
            """[{"on": "greeting", "do": "delay", "milliseconds": 200}]""");
        (await StateAsync(qemu.Qmp)).ShouldBe(RunState.Running);
    }

    [Theory]
    [InlineData("guestShutdown", "SHUTDOWN", RunState.Shutdown)]
    [InlineData("guestPanic", "GUEST_PANICKED", RunState.GuestPanicked)]
    [InlineData("guestReset", "RESET", RunState.Running)]
    [InlineData("event", "WATCHDOG", RunState.Running)]
    public async Task Guests_act_by_themselves(string action, string named, RunState state)
    {
        string script = $$"""[{"on": "cont", "do": "{{action}}", "milliseconds": 20, "event": "WATCHDOG", "data": {"action": "none"} }]""";
        await using QemuProcess qemu = await QemuProcess.StartFakeAsync(script, "-S", "-action", "shutdown=pause");
        await qemu.Qmp.ExecuteAsync(QmpCommands.Cont, QmpPeer.Long, Ct);
        QmpEvent item = await NextAsync(qemu.Qmp, named, 1);
        QmpEventReader.Read(item).ShouldNotBeOfType<QmpEventData.Unknown>();
        (await StateAsync(qemu.Qmp)).ShouldBe(state);
    }

    private static async Task<RunState> StateAsync(QmpConnection connection) =>
        (await connection.ExecuteAsync(QmpCommands.QueryStatus, QmpPeer.Long, Ct)).Status;

    /// <summary>Reads events up to the nth of a name.</summary>
    private static async Task<QmpEvent> NextAsync(QmpConnection connection, string name, int nth)
    {
        await foreach (QmpEvent item in connection.ReadEventsAsync(Ct))
        {
            if (item.Name == name && --nth == 0)
            {
                return item;
            }
        }

        throw new EndOfStreamException($"no {name}");
    }
}
