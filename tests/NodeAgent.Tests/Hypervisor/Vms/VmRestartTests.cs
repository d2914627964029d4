using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>The restart policy over the agent's own life, and over restarts that fail.</summary>
public sealed class VmRestartTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100), Never = TimeSpan.FromHours(1);

    [Fact]
    public async Task Restart_that_is_due_outlives_the_agent()
    {
        await using var bench = await CrashedAsync(Never);
        var before = bench.Registry.Get("web");
        before.RestartCount.ShouldBe(1);
        await bench.CloseAsync();
        await bench.OpenAsync();
        var after = bench.Registry.Get("web");
        after.State.ShouldBeOfType<VmState.Stopped>();
        after.NextRestart.ShouldBe(before.NextRestart);
        after.RestartCount.ShouldBe(1);

        // Its time comes while no agent is there.
        await bench.CloseAsync();
        await bench.EditAsync(contents =>
        {
            var run = contents.Runs.Single();
            var record = RunRecord.Parse(run.Contract)!;
            record.Restarts.ShouldBe(new RestartStanding(1, before.NextRestart));
            return new LedgerBatch(new PutRun(run with { Contract = (record with { Restarts = new RestartStanding(1, DateTimeOffset.UnixEpoch) }).ToJson() }));
        });
        await bench.OpenAsync();
        var running = await bench.UntilAsync("web", vm => vm.State is VmState.Running);
        running.RestartCount.ShouldBe(1);
        running.NextRestart.ShouldBeNull();

        // And the count goes on, over one more agent.
        await bench.CloseAsync();
        await bench.OpenAsync();
        await CrashAsync(bench);
        bench.Registry.Get("web").RestartCount.ShouldBe(2);
    }

    [Fact]
    public async Task Start_of_a_restart_that_the_agents_end_interrupted_is_made_again()
    {
        await using var bench = await CrashedAsync(Never);
        var id = bench.Registry.Get("web").Definition.Id;
        var due = bench.Registry.Get("web").NextRestart;
        await bench.CloseAsync();
        await bench.EditAsync(_ => new LedgerBatch(new PutIntent(
            new IntentRow(id, nameof(VmWork.Start), null, Guid.NewGuid(), "", DateTimeOffset.UnixEpoch))));
        await bench.OpenAsync();
        var waiting = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
        waiting.LastExit!.Reason.ShouldBe(VmExitReason.StartFailed);
        waiting.NextRestart.ShouldBe(due);
        waiting.RestartCount.ShouldBe(1);
    }

    [Fact]
    public async Task Restart_that_fails_is_tried_again_and_given_up_at_the_limit()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: spec => spec with { Restart = Policy(Soon) with { MaxRestarts = 2 } });
        await bench.DoAsync("web", new VmVerb.Start());
        await File.WriteAllTextAsync(bench.Script, """[{"on":"start","do":"exit","status":3,"text":"no such machine","vm":"web"}]""", TestContext.Current.CancellationToken);
        await CrashAsync(bench);

        await bench.UntilEventAsync("vm.restarts-exhausted");
        var given = await bench.UntilAsync("web", vm => vm.Conditions.Any(one => one.Kind is VmConditionKind.RestartsExhausted));
        given.LastExit!.Reason.ShouldBe(VmExitReason.StartFailed);
        (await bench.EventsAsync()).Select(item => item.Fact.Kind).Where(kind => kind is "vm.stopped" or "vm.start-failed" or "vm.restart-scheduled" or "vm.restarts-exhausted").ShouldBe(
            ["vm.stopped", "vm.restart-scheduled", "vm.start-failed", "vm.restart-scheduled", "vm.start-failed", "vm.restarts-exhausted"]);

        // An agent that comes after knows that it was given up.
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Registry.Get("web").Conditions.ShouldHaveSingleItem().Kind.ShouldBe(VmConditionKind.RestartsExhausted);
        bench.Registry.Get("web").NextRestart.ShouldBeNull();

        // And whoever starts it begins the count anew.
        await File.WriteAllTextAsync(bench.Script, "[]", TestContext.Current.CancellationToken);
        await bench.DoAsync("web", new VmVerb.Start());
        var running = bench.Registry.Get("web");
        running.RestartCount.ShouldBe(0);
        running.Conditions.ShouldBeEmpty();
    }

    [Fact]
    public async Task Restart_that_somebody_gave_up_is_given_up_for_good()
    {
        await using var bench = await CrashedAsync(Never);
        (await bench.DoAsync("web", new VmVerb.Stop(Force: true), "stay")).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").NextRestart.ShouldBeNull();
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Registry.Get("web").NextRestart.ShouldBeNull();

        // A late repeat of that stop is not about the next restart.
        await bench.DoAsync("web", new VmVerb.Start());
        await CrashAsync(bench);
        await bench.DoAsync("web", new VmVerb.Stop(Force: true), "stay");
        bench.Registry.Get("web").NextRestart.ShouldNotBeNull();
    }

    [Fact]
    public async Task Restart_that_is_held_comes_when_the_node_starts_again()
    {
        await using var bench = await CrashedAsync(Soon, whenCrashed: bench => bench.Services.Gate.Set(new MaintenanceRow("test", "test", DateTimeOffset.UnixEpoch)));
        await bench.UntilEventAsync("vm.restart-held");
        bench.Registry.Get("web").NextRestart.ShouldBeNull();
        bench.Services.Gate.Set(null);
        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
    }

    [Fact]
    public async Task Policy_that_was_changed_to_never_is_heeded_by_the_restart_that_is_due()
    {
        await using var bench = await CrashedAsync(TimeSpan.FromSeconds(1));
        await bench.ChangeAsync("web", spec => spec with { Restart = new RestartPolicy() });
        await bench.UntilAsync("web", vm => vm.NextRestart is null);
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
    }

    private static RestartPolicy Policy(TimeSpan backoff) =>
        new() { Mode = RestartMode.OnFailure, InitialBackoff = backoff, MaxBackoff = Never };

    private static async Task<VmBench> CrashedAsync(TimeSpan backoff, Action<VmBench>? whenCrashed = null)
    {
        var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: spec => spec with { Restart = Policy(backoff) });
        await bench.DoAsync("web", new VmVerb.Start());
        whenCrashed?.Invoke(bench);
        await CrashAsync(bench);
        return bench;
    }

    private static async Task CrashAsync(VmBench bench)
    {
        var running = await bench.UntilAsync("web", vm => vm.State is VmState.Running);
        using var qemu = PidFd.TryOpen(running.Run!.Process!)!;
        qemu.Send(PidFd.Kill);
        await bench.UntilAsync("web", vm => vm.Revision > running.Revision && vm.State is VmState.Stopped && vm.RestartCount > running.RestartCount);
    }
}
