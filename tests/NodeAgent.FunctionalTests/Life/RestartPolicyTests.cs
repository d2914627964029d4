using Google.Protobuf.WellKnownTypes;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Life;

/// <summary>A guest whose QEMU dies is started again as its spec says, and not for ever.</summary>
public sealed class RestartPolicyTests
{
    [Fact]
    public async Task Crashed_guest_is_started_again_until_the_limit()
    {
        await using var agent = await Agent.StartAsync();
        var vm = await agent.Client.CreateAndStartAsync(Restarting(maxRestarts: 2));
        var run = vm.Status.RunId;

        for (var restart = 1; restart <= 2; restart++)
        {
            Kill(vm.Status.Pid);
            vm = await agent.Client.UntilAsync("phoenix", now => now.Status.State is VmState.Running && now.Status.RunId != run, "started again");
            vm.Status.RestartCount.ShouldBe(restart);
            run = vm.Status.RunId;
        }

        Kill(vm.Status.Pid);
        var given = await agent.Client.UntilAsync(
            "phoenix", now => now.Status.State is VmState.Stopped && now.Status.NextRestartTime is null, "given up");
        given.Status.Exit.Reason.ShouldBe(ExitReason.QemuCrashed);
        given.Status.Conditions.ShouldContain(one => one.Type == "RestartsExhausted");
        await agent.Client.UntilEventAsync("phoenix", "vm.restarts-exhausted");
    }

    [Fact]
    public async Task Stop_that_was_asked_for_is_final()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Restarting(maxRestarts: 5));

        var stopped = await agent.Client.ForceStopAsync("phoenix");

        stopped.Status.NextRestartTime.ShouldBeNull();
        await agent.Client.UntilEventAsync("phoenix", "vm.stopped");
        (await agent.Client.ListEventsAsync("phoenix", "vm.restart-scheduled")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Restart_that_is_due_is_given_up_when_somebody_stops_the_vm()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Restarting(maxRestarts: 5);
        spec.Spec.Restart.InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMinutes(1));
        var vm = await agent.Client.CreateAndStartAsync(spec);
        Kill(vm.Status.Pid);
        await agent.Client.UntilAsync("phoenix", now => now.Status.NextRestartTime is not null, "waiting for its restart");

        var stopped = await agent.Client.ForceStopAsync("phoenix");

        stopped.Status.NextRestartTime.ShouldBeNull();
    }

    [Fact]
    public async Task Agent_that_is_killed_during_the_wait_does_not_take_the_restart_with_it()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Restarting(maxRestarts: 5);
        spec.Spec.Restart.InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromSeconds(3));
        var vm = await agent.Client.CreateAndStartAsync(spec);
        Kill(vm.Status.Pid);
        await agent.Client.UntilAsync("phoenix", now => now.Status.NextRestartTime is not null, "waiting for its restart");
        await agent.Client.UntilEventAsync("phoenix", "vm.restart-scheduled");

        await agent.KillAsync();
        await agent.StartAgainAsync();

        var again = await agent.Client.UntilAsync("phoenix", VmState.Running);
        again.Status.RunId.ShouldNotBe(vm.Status.RunId);
        again.Status.RestartCount.ShouldBe(1);
    }

    private static Vm Restarting(int maxRestarts)
    {
        var vm = Guest.Empty("phoenix");
        vm.Spec.Restart = new RestartPolicy
        {
            Mode = RestartMode.OnFailure,
            MaxRestarts = maxRestarts,
            InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)),
        };
        return vm;
    }

    private static void Kill(int pid)
    {
        using var qemu = PidFd.TryOpen(pid)!;
        qemu.Send(PidFd.Kill);
    }
}
