using NodeAgent.Bindings.Bus;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Tests.Bindings.Bus;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class HostShutdownTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guests_go_down_in_the_reverse_order_of_their_start()
    {
        await using var bench = await VmBench.BeginAsync();
        await StartAsync(bench, "database", 1);
        await StartAsync(bench, "web", 2);
        await StartAsync(bench, "scratch", null);

        await new HostShutdown(bench.Registry, bench.Services).RunAsync(Long, Ct);

        (await StoppedAsync(bench)).ShouldBe(["scratch", "web", "database"]);
        foreach (var vm in bench.Registry.List())
        {
            var exit = vm.State.ShouldBeOfType<VmState.Stopped>().Exit!;
            exit.Reason.ShouldBe(VmExitReason.HostShutdown);
            exit.Message.ShouldBe("The host was shut down, and the guest before it.");
        }

        (await Should.ThrowAsync<VmException>(() => bench.DoAsync("web", new VmVerb.Start()))).Reason.ShouldBe(VmErrorReason.HostGoingDown);
        var kinds = (await bench.EventsAsync()).Select(item => item.Fact.Kind).Where(kind => kind.StartsWith("node.", StringComparison.Ordinal));
        kinds.ShouldBe(["node.shutdown-began", "node.shutdown-ended"]);
    }

    [Fact]
    public async Task A_guest_that_refuses_is_stopped_in_time_and_one_that_hangs_is_killed()
    {
        await using var bench = await VmBench.BeginAsync("""
            [{"on":"system_powerdown","do":"ignore","vm":"refuses"},{"on":"system_powerdown","do":"ignore","vm":"hangs"},{"on":"quit","do":"stall","vm":"hangs"}]
            """);
        bench.Services.Options = bench.Services.Options with { HostShutdown = new HostShutdownOptions { GuestTimeout = TimeSpan.FromSeconds(1) }, QuitTimeout = TimeSpan.FromSeconds(2) };
        await StartAsync(bench, "refuses", null);
        await StartAsync(bench, "hangs", null);
        await StartAsync(bench, "obeys", null);

        await new HostShutdown(bench.Registry, bench.Services).RunAsync(TimeSpan.FromSeconds(20), Ct);

        Exit("obeys").Message.ShouldContain("the guest before it");
        Exit("refuses").Message.ShouldContain("did not end by itself and was stopped");
        Exit("refuses").Signal.ShouldBeNull("QEMU left by itself, and flushed its disks");
        Exit("hangs").Signal.ShouldBe(PidFd.Kill);
        bench.Registry.List().ShouldAllBe(vm => ((VmState.Stopped)vm.State).Exit!.Reason == VmExitReason.HostShutdown);

        VmExit Exit(string vm) => bench.Registry.Get(vm).State.ShouldBeOfType<VmState.Stopped>().Exit!;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task As_many_guests_as_is_said_go_down_at_the_same_time(int parallel)
    {
        // Each takes its time, so that whoever may go at the same time does.
        await using var bench = await VmBench.BeginAsync("""[{"on":"system_powerdown","do":"ignore"}]""");
        bench.Services.Options = bench.Services.Options with { HostShutdown = new HostShutdownOptions { GuestTimeout = TimeSpan.FromSeconds(1), Parallel = parallel } };
        for (var number = 0; number < 4; number++)
        {
            await StartAsync(bench, $"web{number}", null);
        }

        var going = new HashSet<Guid>();
        var most = 0;
        bench.Services.Feed.Observe(change =>
        {
            if (change is VmChange.Changed { Snapshot: { Definition.Id: var id, State: var state } })
            {
                lock (going)
                {
                    _ = state is VmState.Stopping ? going.Add(id) : state is VmState.Stopped && going.Remove(id);
                    most = Math.Max(most, going.Count);
                }
            }
        });

        await new HostShutdown(bench.Registry, bench.Services).RunAsync(Long, Ct);

        most.ShouldBe(parallel);
        bench.Registry.List().ShouldAllBe(vm => vm.State is VmState.Stopped);
    }

    [Fact]
    public async Task Paused_guests_are_not_waited_for()
    {
        await using var bench = await VmBench.BeginAsync();
        await StartAsync(bench, "paused", null);
        await bench.DoAsync("paused", new VmVerb.Pause());

        await new HostShutdown(bench.Registry, bench.Services).RunAsync(Long, Ct);

        bench.Registry.Get("paused").LastExit!.Reason.ShouldBe(VmExitReason.HostShutdown);
    }

    [Theory]
    [InlineData(15, VmExitReason.HostShutdown)]
    [InlineData(10, VmExitReason.QemuCrashed)]
    public async Task What_ends_by_itself_meanwhile_is_told_apart(int signal, VmExitReason expected)
    {
        await using var bench = await VmBench.BeginAsync();
        await StartAsync(bench, "web", null);
        bench.Registry.Gate.SetHostGoesDown(true);
        using (var process = PidFd.TryOpen(bench.Registry.Get("web").Run!.Process!))
        {
            process!.Send(signal);
        }

        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(expected);
    }

    [Fact]
    public async Task Logind_waits_until_the_guests_are_down()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var logind = new FakeLogind(bus);
        await using var bench = await VmBench.BeginAsync();
        await StartAsync(bench, "web", null);
        await using var connection = bus.Open();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var watch = new HostShutdownWatch(connection, new HostShutdown(bench.Registry, bench.Services), bench.Services);
        var watching = watch.RunAsync(leaving.Token);
        var released = await logind.InhibitedAsync();

        logind.PrepareForShutdown(true);

        await released.WaitAsync(VmBench.Patience, Ct);
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.HostShutdown);
        watch.Outlook.ShouldBe(new ShutdownOutlook(true, TimeSpan.FromSeconds(5), ""));

        // Called off after all: a new inhibitor, and VMs may be started again.
        logind.PrepareForShutdown(false);
        await logind.InhibitedAsync();
        (await bench.DoAsync("web", new VmVerb.Start())).State.ShouldBe(OperationState.Succeeded);
        (await bench.UntilEventAsync("node.shutdown-cancelled")).ShouldNotBeNull();
        await leaving.CancelAsync();
        await watching.WaitAsync(VmBench.Patience, Ct);
    }

    [Fact]
    public async Task Without_logind_nothing_is_promised_and_the_first_that_comes_is_used()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var bench = await VmBench.BeginAsync();
        await using var connection = bus.Open();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var watch = new HostShutdownWatch(connection, new HostShutdown(bench.Registry, bench.Services), bench.Services);
        var watching = watch.RunAsync(leaving.Token);
        watch.Outlook.IsDelayed.ShouldBeFalse();

        await using var logind = new FakeLogind(bus);
        var released = await logind.InhibitedAsync();

        released.IsCompleted.ShouldBeFalse();
        await leaving.CancelAsync();
        await watching.WaitAsync(VmBench.Patience, Ct);
        await released.WaitAsync(VmBench.Patience, Ct);
    }

    [Fact]
    public async Task What_logind_was_told_since_is_learnt_when_somebody_looks_and_its_loss_too()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var bench = await VmBench.BeginAsync();
        await using var connection = bus.Open();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var watch = new HostShutdownWatch(connection, new HostShutdown(bench.Registry, bench.Services), bench.Services);
        var watching = watch.RunAsync(leaving.Token);
        await using (var logind = new FakeLogind(bus))
        {
            await logind.InhibitedAsync();
            using var limit = new CancellationTokenSource(VmBench.Patience);
            while (!watch.Outlook.IsDelayed)
            {
                await Task.Delay(5, limit.Token);
            }

            logind.LongestDelay = 2_000_000;
            watch.Outlook.LongestDelay.ShouldBe(TimeSpan.FromSeconds(5), "nobody has asked since");

            await watch.RefreshAsync();

            watch.Outlook.ShouldBe(new ShutdownOutlook(true, TimeSpan.FromSeconds(2), ""));
        }

        await watch.RefreshAsync();

        watch.Outlook.IsDelayed.ShouldBeFalse();
        watch.Outlook.Problem.ShouldNotBeEmpty();
        await leaving.CancelAsync();
        await watching.WaitAsync(VmBench.Patience, Ct);
    }

    [Theory]
    [InlineData("stopping", true)]
    [InlineData("running", false)]
    [InlineData("degraded", false)]
    [InlineData(null, false)]
    public async Task Agent_that_leaves_takes_its_guests_down_only_where_the_host_goes_down_too(string? state, bool isWithHost)
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var systemd = new BusService(bus, state is null ? null : "org.freedesktop.systemd1");
        await using var bench = await VmBench.BeginAsync();
        await StartAsync(bench, "web", null);
        await using var connection = bus.Open();
        await connection.WaitConnectedAsync(VmBench.Patience, Ct);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        TimeSpan? asked = null;
        var watch = new HostShutdownWatch(connection, new HostShutdown(bench.Registry, bench.Services), bench.Services) { OnLeavingWithHost = limit => asked = limit };
        var watching = watch.RunAsync(leaving.Token);

        await leaving.CancelAsync();
        if (state is not null)
        {
            var question = await systemd.NextAsync("Get");
            question.Arguments.ShouldBe("'org.freedesktop.systemd1.Manager' 'SystemState'");
            systemd.Answer(question, writer =>
            {
                writer.Open('v', "s");
                writer.Text(state);
                writer.Close();
            });
        }

        await watching.WaitAsync(VmBench.Patience, Ct);
        var web = bench.Registry.Get("web");
        (web.LastExit?.Reason).ShouldBe(isWithHost ? VmExitReason.HostShutdown : null);
        (web.State is VmState.Running).ShouldBe(!isWithHost);
        asked.ShouldBe(isWithHost ? bench.Services.Options.HostShutdown.Timeout : null);
    }

    [Fact]
    public async Task Shutdown_under_way_goes_on_when_the_agent_too_is_told_to_leave()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var logind = new FakeLogind(bus);
        await using var systemd = new BusService(bus, "org.freedesktop.systemd1");
        await using var bench = await VmBench.BeginAsync("""[{"on":"system_powerdown","do":"ignore"}]""");
        bench.Services.Options = bench.Services.Options with { HostShutdown = new HostShutdownOptions { GuestTimeout = TimeSpan.FromSeconds(1) } };
        await StartAsync(bench, "web", null);
        await using var connection = bus.Open();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var watching = new HostShutdownWatch(connection, new HostShutdown(bench.Registry, bench.Services), bench.Services).RunAsync(leaving.Token);
        await logind.InhibitedAsync();
        logind.PrepareForShutdown(true);
        await bench.UntilEventAsync("node.shutdown-began");

        await leaving.CancelAsync();
        systemd.Answer(await systemd.NextAsync("Get"), static writer =>
        {
            writer.Open('v', "s");
            writer.Text("stopping");
            writer.Close();
        });

        await watching.WaitAsync(VmBench.Patience, Ct);
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.HostShutdown);
        (await bench.EventsAsync()).Count(item => item.Fact.Kind == "node.shutdown-began").ShouldBe(1, "not begun twice");
    }

    private static async Task StartAsync(VmBench bench, string name, int? order)
    {
        await bench.CreateAsync(name, spec => spec with { Autostart = order is { } number ? new AutostartSpec(number) : null });
        (await bench.DoAsync(name, new VmVerb.Start())).State.ShouldBe(OperationState.Succeeded);
    }

    private static async Task<string[]> StoppedAsync(VmBench bench) =>
    [
        .. (await bench.EventsAsync()).Where(item => item.Fact.Kind == "vm.stopped")
            .Select(item => NodeAgent.Hypervisor.Events.EventPayload.Parse(item.Fact.Payload).VmName!),
    ];

    /// <summary>Answers what the agent asks of logind; its inhibitors are pipes, as the real ones are.</summary>
    private sealed class FakeLogind : IAsyncDisposable
    {
        private const string Manager = "org.freedesktop.login1.Manager";
        private readonly BusService _service;
        private readonly System.Threading.Channels.Channel<Task> _inhibitors = System.Threading.Channels.Channel.CreateUnbounded<Task>();
        private readonly CancellationTokenSource _ended = new();
        private readonly Task _answering;

        public FakeLogind(PrivateBus bus)
        {
            _service = new BusService(bus, "org.freedesktop.login1");
            _answering = AnswerAsync();
        }

        /// <summary>How long it lets a shutdown be delayed, in microseconds.</summary>
        public ulong LongestDelay { get; set; } = 5_000_000;

        /// <summary>Waits for an inhibitor; what it returns completes when that is released.</summary>
        public async Task<Task> InhibitedAsync() => await _inhibitors.Reader.ReadAsync(Ct).AsTask().WaitAsync(VmBench.Patience, Ct);

        public void PrepareForShutdown(bool begins) =>
            _service.Emit(("/org/freedesktop/login1", Manager, "PrepareForShutdown"), writer => writer.Flag(begins));

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            await _answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _service.DisposeAsync();
        }

        private async Task AnswerAsync()
        {
            while (true)
            {
                var call = await _service.NextAsync(_ended.Token);
                switch (call.Member)
                {
                    case "Inhibit":
                        var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.In, HandleInheritability.None);
                        _service.Answer(call, writer =>
                        {
                            writer.Descriptor(pipe.ClientSafePipeHandle);
                            pipe.DisposeLocalCopyOfClientHandle();
                        });
                        _inhibitors.Writer.TryWrite(ReleaseAsync(pipe));
                        break;
                    case "Get" when call.Arguments.Contains("InhibitDelayMaxUSec", StringComparison.Ordinal):
                        _service.Answer(call, writer =>
                        {
                            writer.Open('v', "t");
                            writer.Number(LongestDelay);
                            writer.Close();
                        });
                        break;
                    default:
                        _service.Answer(call, static writer =>
                        {
                            writer.Open('v', "b");
                            writer.Flag(false);
                            writer.Close();
                        });
                        break;
                }
            }
        }

        private static async Task ReleaseAsync(System.IO.Pipes.AnonymousPipeServerStream pipe)
        {
            using (pipe)
            {
                (await pipe.ReadAsync(new byte[1], Ct)).ShouldBe(0);
            }
        }
    }
}
