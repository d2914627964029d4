using Grpc.Core;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Life;

/// <summary>How runs end, and what is said of it: each exit reason, and shutdowns that get nowhere.</summary>
public sealed class EndingTests
{
    [Fact]
    public async Task Guest_that_switches_itself_off_has_shut_down()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "poweroff"));

        var vm = await agent.Client.UntilAsync("poweroff", VmState.Stopped);

        vm.Status.Exit.Reason.ShouldBe(ExitReason.GuestShutdown);
        (await agent.Client.ReadConsoleLogAsync("poweroff")).ShouldContain("switches off");
    }

    [Fact]
    public async Task Qemu_killed_by_somebody_else_has_crashed_and_its_signal_is_told()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));

        using (var qemu = PidFd.TryOpen(vm.Status.Pid)!)
        {
            qemu.Send(PidFd.Kill);
        }

        var stopped = await agent.Client.UntilAsync("tick", VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.QemuCrashed);
        stopped.Status.Exit.Signal.ShouldBe(9);
        (await agent.Client.UntilEventAsync("tick", "vm.stopped")).Severity.ShouldNotBe(EventSeverity.Info);
    }

    [Fact]
    public async Task Force_stop_says_that_it_was_asked_for()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));

        var stopped = await agent.Client.ForceStopAsync("tick");

        stopped.Status.State.ShouldBe(VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
    }

    [Fact]
    public async Task Stop_in_order_lets_qemu_leave_by_itself()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));

        await agent.Client.WaitAsync(await agent.Client.Vms.StopVmAsync(new StopVmRequest { Vm = "tick" }));

        var exit = (await agent.Client.GetAsync("tick")).Status.Exit;
        exit.Reason.ShouldBe(ExitReason.KilledByRequest);
        exit.HasSignal.ShouldBeFalse();
    }

    [Theory]
    [InlineData(PanicAction.Unspecified)]
    [InlineData(PanicAction.Pause)]
    [InlineData(PanicAction.Stop)]
    [InlineData(PanicAction.Reset)]
    public async Task Panic_does_what_the_spec_says(PanicAction action)
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "obey");
        spec.Spec.OnPanic = action;
        await agent.Client.CreateAndStartAsync(spec);
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);

        await console.TypeAsync("p");

        switch (action)
        {
            case PanicAction.Unspecified or PanicAction.Pause:
                (await agent.Client.UntilAsync("obey", VmState.Paused)).Status.Reason.ShouldContain("Panic");
                var resume = await Should.ThrowAsync<RpcException>(async () => await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "obey" }));
                resume.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
                break;
            case PanicAction.Stop:
                (await agent.Client.UntilAsync("obey", VmState.Stopped)).Status.Exit.Reason.ShouldBe(ExitReason.GuestPanic);
                break;
            default:
                await console.UntilAsync(Guest.ObeyGreeting);
                await agent.Client.UntilAsync("obey", VmState.Running);
                break;
        }

        await agent.Client.UntilEventAsync("obey", "vm.guest-panicked");
    }

    [Theory]
    [InlineData(WatchdogAction.Unspecified)]
    [InlineData(WatchdogAction.Reset)]
    [InlineData(WatchdogAction.Stop)]
    [InlineData(WatchdogAction.Pause)]
    [InlineData(WatchdogAction.Nmi)]
    [InlineData(WatchdogAction.None)]
    public async Task Watchdog_that_nobody_feeds_does_what_the_spec_says(WatchdogAction action)
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Multiboot();
        spec.Spec.Watchdog = new WatchdogSpec { Action = action };
        var run = (await agent.Client.CreateAndStartAsync(spec)).Status.RunId;
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "multiboot", history: true);
        await console.UntilAsync(Guest.MultibootGreeting);
        await ShouldListenAsync(console);

        await console.TypeAsync("w");

        await agent.Client.UntilEventAsync("multiboot", "vm.watchdog-fired");
        switch (action)
        {
            case WatchdogAction.Stop:
                (await agent.Client.UntilAsync("multiboot", VmState.Stopped)).Status.Exit.Reason.ShouldBe(ExitReason.Watchdog);
                return;
            case WatchdogAction.Pause:
                (await agent.Client.UntilAsync("multiboot", VmState.Paused)).Status.Reason.ShouldContain("Watchdog");
                await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "multiboot" }));
                break;
            case WatchdogAction.Nmi:
                await console.UntilAsync("non-maskable interrupt");
                break;
            case WatchdogAction.None:
                break;
            default:
                await console.UntilAsync(Guest.MultibootGreeting);
                break;
        }

        await ShouldListenAsync(console);
        var boots = action is WatchdogAction.Unspecified or WatchdogAction.Reset ? 2 : 1;
        console.Seen.Split(Guest.MultibootGreeting).Length.ShouldBe(boots + 1, console.Seen);
        var vm = await agent.Client.GetAsync("multiboot");
        (vm.Status.State, vm.Status.RunId).ShouldBe((VmState.Running, run));

        static async Task ShouldListenAsync(ConsoleClient console)
        {
            await console.TypeAsync("q");
            await console.UntilAsync("quiet");
        }
    }

    [Fact]
    public async Task Deaf_guest_runs_on_when_the_shutdown_times_out()
    {
        await using var agent = await Agent.StartAsync();
        await StartDeafAsync(agent);

        var failure = await Should.ThrowAsync<OperationFailedException>(() => agent.Client.ShutdownAsync("obey", TimeSpan.FromSeconds(1)));

        failure.Error.Code.ShouldBe((int)StatusCode.DeadlineExceeded);
        (await agent.Client.GetAsync("obey")).Status.State.ShouldBe(VmState.Running);
    }

    [Fact]
    public async Task Deaf_guest_is_stopped_where_the_fallback_says_so()
    {
        await using var agent = await Agent.StartAsync();
        await StartDeafAsync(agent);

        await agent.Client.WaitAsync(await agent.Client.Vms.ShutdownVmAsync(new ShutdownVmRequest
        {
            Vm = "obey",
            Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
            Fallback = ShutdownFallback.ForceStop,
        }));

        var stopped = await agent.Client.GetAsync("obey");
        stopped.Status.State.ShouldBe(VmState.Stopped);
        stopped.Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
    }

    [Fact]
    public async Task Force_stop_overtakes_a_shutdown_that_waits()
    {
        await using var agent = await Agent.StartAsync();
        await StartDeafAsync(agent);
        var waiting = await agent.Client.Vms.ShutdownVmAsync(new ShutdownVmRequest { Vm = "obey" });

        (await agent.Client.ForceStopAsync("obey")).Status.State.ShouldBe(VmState.Stopped);

        (await agent.Client.WaitForEndAsync(waiting)).Done.ShouldBeTrue();
    }

    private static async Task StartDeafAsync(Agent agent)
    {
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);
        await console.TypeAsync("d");
        await console.UntilAsync("deaf to the power button");
    }
}
