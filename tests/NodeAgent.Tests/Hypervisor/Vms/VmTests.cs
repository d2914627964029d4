using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class VmTests
{
    [Fact]
    public async Task Whole_life_from_start_to_orderly_end()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        (await bench.DoAsync("web", new VmVerb.Start())).State.ShouldBe(OperationState.Succeeded);
        var running = bench.Registry.Get("web");
        running.State.ShouldBe(new VmState.Running());
        running.Run!.Process!.Pid.ShouldBeGreaterThan(0);

        (await bench.DoAsync("web", new VmVerb.Pause())).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBe(new VmState.Paused(PauseCause.Requested));
        (await bench.DoAsync("web", new VmVerb.Resume())).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBe(new VmState.Running());

        (await bench.DoAsync("web", new VmVerb.Shutdown(TimeSpan.FromSeconds(20)))).State.ShouldBe(OperationState.Succeeded);
        var stopped = bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
        stopped.Exit!.Reason.ShouldBe(VmExitReason.GuestShutdown);
        await bench.ClearedAsync();
        (await bench.EventsAsync()).Select(item => item.Fact.Kind).ShouldBe(
            [
                "agent.recovered", "vm.created", "vm.requested", "vm.started", "vm.requested", "vm.paused", "vm.requested", "vm.resumed",
                "vm.requested", "vm.guest-shutdown", "vm.stopped",
            ]);
    }

    [Fact]
    public async Task Force_stop_is_said_to_be_by_request()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        bench.Registry.Get("web").State.ShouldBe(new VmState.Paused(PauseCause.Requested));
        (await bench.DoAsync("web", new VmVerb.Stop(Force: true))).State.ShouldBe(OperationState.Succeeded);
        var exit = bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>().Exit!;
        exit.Reason.ShouldBe(VmExitReason.KilledByRequest);
        exit.Signal.ShouldBe(9);
        await bench.ClearedAsync();
    }

    [Fact]
    public async Task Deleted_VM_leaves_nothing_and_its_name_is_free()
    {
        await using var bench = await VmBench.BeginAsync();
        var first = await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        (await Should.ThrowAsync<VmException>(() => bench.Registry.DeleteAsync("web", null, false, new RequestContext("test"), TestContext.Current.CancellationToken)))
            .Reason.ShouldBe(VmErrorReason.NotStopped);
        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        await bench.Registry.DeleteAsync("web", null, false, new RequestContext("test"), TestContext.Current.CancellationToken);
        bench.Registry.List().ShouldBeEmpty();
        Directory.Exists(bench.Services.Options.VmStateDirectory(first.Definition.Id)).ShouldBeFalse();
        (await bench.CreateAsync()).Definition.Id.ShouldNotBe(first.Definition.Id);
    }

    [Fact]
    public async Task Transition_costs_two_syncs()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        foreach (var verb in new VmVerb[] { new VmVerb.Stop(Force: true), new VmVerb.Start(Paused: true), new VmVerb.Stop(Force: true) })
        {
            var before = bench.SyncCount;
            await bench.DoAsync("web", verb);
            (bench.SyncCount - before).ShouldBeLessThanOrEqualTo(2, verb.Name + ": " + string.Join(", ", (await bench.EventsAsync()).Select(item => item.Fact.Kind)));
        }
    }

    [Fact]
    public async Task Death_that_nobody_asked_for_is_a_crash_with_signal()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        using (var process = PidFd.TryOpen(bench.Registry.Get("web").Run!.Process!))
        {
            process!.Send(PidFd.Kill);
        }

        var stopped = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
        stopped.LastExit!.Reason.ShouldBe(VmExitReason.QemuCrashed);
        stopped.LastExit.Signal.ShouldBe(9);
        await bench.ClearedAsync();
    }

    [Theory]
    [InlineData("""[{"on":"start","do":"exit","status":3,"text":"no such machine","vm":"web"}]""", "connect")]
    [InlineData("""[{"on":"greeting","do":"garbage","vm":"web"}]""", "connect")]
    [InlineData("""[{"on":"greeting","do":"close","vm":"web"}]""", "connect")]
    [InlineData("""[{"on":"cont","do":"error","description":"cannot go on"}]""", "resume")]
    [InlineData("""[{"on":"cont","do":"silence"}]""", "resume")]
    [InlineData("""[{"on":"cont","do":"signal","signal":6,"text":"assertion failed"}]""", "resume")]
    [InlineData("""[{"on":"qmp_capabilities","do":"hugeLine","bytes":100000000,"vm":"web"}]""", "connect")]
    public async Task Failed_start_names_its_step_and_leaves_nothing(string faults, string step)
    {
        await using var bench = await VmBench.BeginAsync();
        await File.WriteAllTextAsync(bench.Script, faults, TestContext.Current.CancellationToken);
        await bench.CreateAsync();
        var operation = await bench.DoAsync("web", new VmVerb.Start());
        operation.State.ShouldBe(OperationState.Failed);
        var exit = bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>().Exit!;
        exit.Reason.ShouldBe(VmExitReason.StartFailed);
        exit.FailedStep.ShouldBe(step, exit.Message);
        await bench.ClearedAsync();
        ProcessTable.Containing(bench.Services.Options.RunDirectory).ShouldBeEmpty();
    }

    [Fact]
    public async Task Guest_that_does_not_obey_runs_on_or_is_stopped_as_the_fallback_says()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"system_powerdown","do":"ignore"}]""");
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var refused = await bench.DoAsync("web", new VmVerb.Shutdown(TimeSpan.FromMilliseconds(200), ShutdownFallback.LeaveRunning));
        refused.State.ShouldBe(OperationState.Failed);
        refused.Fault!.Reason.ShouldBe(nameof(VmErrorReason.ShutdownTimedOut));
        await bench.UntilAsync("web", vm => vm.State is VmState.Running);

        var forced = await bench.DoAsync("web", new VmVerb.Shutdown(TimeSpan.FromMilliseconds(200), ShutdownFallback.ForceStop));
        forced.State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
    }

    [Fact]
    public async Task Force_stop_overtakes_a_start_that_hangs()
    {
        await using var bench = await VmBench.BeginAsync();
        await File.WriteAllTextAsync(bench.Script, """[{"on":"greeting","do":"silence","vm":"web"}]""", TestContext.Current.CancellationToken);
        await bench.CreateAsync();
        var start = await bench.Registry.ApplyAsync("web", new VmVerb.Start(), new RequestContext("test"), TestContext.Current.CancellationToken);
        await bench.UntilAsync("web", vm => vm.State is VmState.Starting);
        (await bench.DoAsync("web", new VmVerb.Stop(Force: true))).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>().Exit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
        (await bench.Services.Operations.WaitAsync(start.Id, VmBench.Patience, TestContext.Current.CancellationToken))!
            .State.ShouldBe(OperationState.Cancelled);
        await bench.ClearedAsync();
    }

    [Fact]
    public async Task Guest_reboot_keeps_the_process()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var before = bench.Registry.Get("web").Run!.Process;
        (await bench.DoAsync("web", new VmVerb.Reboot(TimeSpan.FromSeconds(20)))).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBe(new VmState.Running());
        bench.Registry.Get("web").Run!.Process.ShouldBe(before);
    }

    [Theory]
    [InlineData(PanicAction.Pause)]
    [InlineData(PanicAction.Stop)]
    [InlineData(PanicAction.Reset)]
    public async Task Panic_is_followed_as_the_spec_says(PanicAction action)
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"cont","do":"guestPanic","milliseconds":50,"times":1}]""");
        await bench.CreateAsync(change: spec => spec with { OnPanic = action });
        await bench.DoAsync("web", new VmVerb.Start());
        switch (action)
        {
            case PanicAction.Pause:
                await bench.UntilAsync("web", vm => vm.State is VmState.Paused { Cause: PauseCause.GuestPanic });
                await Should.ThrowAsync<VmException>(() => bench.DoAsync("web", new VmVerb.Resume()));
                break;
            case PanicAction.Stop:
                (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.GuestPanic);
                break;
            default:
                await bench.UntilAsync("web", vm => vm.State is VmState.Running && vm.Revision > 3);
                break;
        }

        await bench.UntilEventAsync("vm.guest-panicked");
    }

    [Fact]
    public async Task Crash_is_followed_by_restarts_up_to_the_limit()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"cont","do":"signal","signal":11,"skip":0}]""");
        await File.WriteAllTextAsync(bench.Script, "[]", TestContext.Current.CancellationToken);
        await bench.CreateAsync(change: spec => spec with
        {
            Restart = new RestartPolicy { Mode = RestartMode.OnFailure, MaxRestarts = 2, InitialBackoff = TimeSpan.FromMilliseconds(100) },
        });
        await bench.DoAsync("web", new VmVerb.Start());
        for (var crash = 0; crash < 3; crash++)
        {
            var running = await bench.UntilAsync("web", vm => vm.State is VmState.Running);
            using var process = PidFd.TryOpen(running.Run!.Process!);
            process!.Send(9);
            await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
        }

        var given = await bench.UntilAsync("web", vm => vm.Conditions.Any(condition => condition.Kind is VmConditionKind.RestartsExhausted));
        given.State.ShouldBeOfType<VmState.Stopped>();
        await bench.UntilEventAsync("vm.restarts-exhausted");
        (await bench.EventsAsync()).Count(item => item.Fact.Kind == "vm.started").ShouldBe(3);
    }

    [Fact]
    public async Task Same_request_a_hundred_times_runs_once()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        var operations = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => StubbornlyAsync()));
        operations.Select(operation => operation.Id).Distinct().Count().ShouldBe(1);
        (await bench.EventsAsync()).Count(item => item.Fact.Kind == "vm.started").ShouldBe(1);
        var clash = await Should.ThrowAsync<VmException>(() => bench.DoAsync("web", new VmVerb.Pause(), "the-one"));
        clash.Reason.ShouldBe(VmErrorReason.RequestIdReused);

        // A VM takes so many requests at a time; whoever is sent away for that asks again, as the error says.
        async Task<Operation> StubbornlyAsync()
        {
            while (true)
            {
                try
                {
                    return await bench.DoAsync("web", new VmVerb.Start(), "the-one");
                }
                catch (VmException busy) when (busy.Reason is VmErrorReason.Overloaded)
                {
                    await Task.Delay(10);
                }
            }
        }
    }
}
