using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Tests.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class VmRecoveryTests
{
    private const int SigStop = 19, SigCont = 18;

    [Fact]
    public async Task Running_guest_is_adopted_and_can_be_driven_again()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var before = bench.Registry.Get("web").Run!;
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Recovery.Adopted.ShouldBe(1);
        var adopted = await bench.UntilAsync("web", vm => vm.State is VmState.Running);
        adopted.Run!.Id.ShouldBe(before.Id);
        adopted.Run.Process.ShouldBe(before.Process);
        adopted.Run.Boot.Arguments.ShouldBe(before.Boot.Arguments);
        (await bench.DoAsync("web", new VmVerb.Shutdown(TimeSpan.FromSeconds(20)))).State.ShouldBe(OperationState.Succeeded);
        await bench.ClearedAsync();
    }

    [Fact]
    public async Task What_a_run_left_whose_end_is_on_record_is_cleared()
    {
        await using var bench = await VmBench.BeginAsync();
        var vm = await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        await bench.CloseAsync();

        // As by a kill in the midst of it.
        var directory = new RunDirectory(bench.Services.Options.RunDirectory, vm.Definition.Id);
        directory.Create();
        await File.WriteAllTextAsync(directory.Log, "", TestContext.Current.CancellationToken);
        await bench.OpenAsync();

        Directory.Exists(directory.Path).ShouldBeFalse();
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Since_when_a_guest_runs_or_stands_still_outlives_the_agent(bool paused)
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        if (paused)
        {
            await bench.DoAsync("web", new VmVerb.Pause());
        }

        var before = bench.Registry.Get("web");
        await bench.CloseAsync();
        await bench.OpenAsync();
        var adopted = await bench.UntilAsync("web", vm => vm.State is VmState.Running or VmState.Paused);
        adopted.State.GetType().ShouldBe(before.State.GetType());
        adopted.StateTime.ShouldBe(before.StateTime);

        // And what was adopted once is known to the agent after the next, too.
        await bench.CloseAsync();
        await bench.OpenAsync();
        (await bench.UntilAsync("web", vm => vm.State is VmState.Running or VmState.Paused)).StateTime.ShouldBe(before.StateTime);
    }

    [Fact]
    public async Task Guest_that_stands_still_since_the_agent_was_away_does_so_since_it_was_found()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start(Paused: true));
        var run = bench.Registry.Get("web").Run!;
        await bench.CloseAsync();

        // The record says that it ran; QEMU says otherwise.
        await bench.RewriteRunAsync(run);
        var away = TimeProvider.System.GetUtcNow();
        await bench.OpenAsync();
        (await bench.UntilAsync("web", vm => vm.State is VmState.Paused)).StateTime.ShouldBeGreaterThan(away);
    }

    [Fact]
    public async Task Since_when_a_guest_is_stopped_outlives_the_agent()
    {
        await using var bench = await VmBench.BeginAsync();
        var never = await bench.CreateAsync("never");
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        var exit = bench.Registry.Get("web").LastExit!.Time;
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Registry.Get("web").StateTime.ShouldBe(exit);
        bench.Registry.Get("never").StateTime.ShouldBe(never.StateTime);
    }

    [Fact]
    public async Task Guest_that_died_meanwhile_is_stopped_for_a_reason_not_known()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var process = bench.Registry.Get("web").Run!.Process!;
        await bench.CloseAsync();
        await KillAsync(process);
        await bench.OpenAsync();
        var stopped = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
        stopped.LastExit!.Reason.ShouldBe(VmExitReason.Unknown);
        (await bench.UntilEventAsync("vm.stopped")).Fact.Recovered.ShouldBeTrue();
        await bench.ClearedAsync();
    }

    [Fact]
    public async Task Guest_of_another_boot_is_stopped_by_the_reboot()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var process = bench.Registry.Get("web").Run!.Process!;
        await bench.CloseAsync();
        await KillAsync(process);
        bench.BootId = "boot-2";
        await bench.OpenAsync();
        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.HostReboot);
    }

    [Fact]
    public async Task Stopped_process_is_unknown_until_it_answers_and_nobody_else_waits()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync("sick");
        await bench.CreateAsync("well");
        await bench.DoAsync("sick", new VmVerb.Start());
        await bench.DoAsync("well", new VmVerb.Start());
        using var process = PidFd.TryOpen(bench.Registry.Get("sick").Run!.Process!)!;
        await bench.CloseAsync();
        process.Send(SigStop);
        await bench.OpenAsync();
        await bench.UntilAsync("well", vm => vm.State is VmState.Running);
        var doubtful = await bench.UntilAsync("sick", vm => vm.State is VmState.Unknown { ProcessProven: true });
        doubtful.Run!.Process!.Pid.ShouldBe(process.Pid);
        process.Send(SigCont);
        await bench.UntilAsync("sick", vm => vm.State is VmState.Running);
    }

    [Fact]
    public async Task Guest_that_fell_silent_in_the_midst_of_the_proof_is_adopted_when_it_answers()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"query-uuid","do":"silence","times":1}]""");
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.CloseAsync();
        await bench.OpenAsync();

        await bench.UntilMetAsync("query-uuid");
        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
    }

    [Fact]
    public async Task Process_whose_sockets_are_gone_is_quarantined_and_lives()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var run = bench.Registry.Get("web").Run!;
        await bench.CloseAsync();
        File.Delete(new RunDirectory(bench.Services.Options.RunDirectory, bench.Registry.Get("web").Definition.Id).ControlSocket);
        await bench.OpenAsync();
        var held = await bench.UntilAsync("web", vm => vm.State is VmState.Quarantined);
        held.State.ShouldBeOfType<VmState.Quarantined>().ProcessProven.ShouldBeTrue();
        using (var alive = PidFd.TryOpen(run.Process!))
        {
            alive.ShouldNotBeNull();
        }

        (await Should.ThrowAsync<VmException>(() => bench.DoAsync("web", new VmVerb.Start()))).Reason.ShouldBe(VmErrorReason.Quarantined);
        (await bench.DoAsync("web", new VmVerb.Stop(Force: true))).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>();
    }

    [Fact]
    public async Task Reused_number_belongs_to_nobody()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var run = bench.Registry.Get("web").Run!;
        await bench.CloseAsync();
        await KillAsync(run.Process!);

        // The ledger says that this very test process, by its number, is the VM; its start time says otherwise.
        await bench.RewriteRunAsync(run with { Process = run.Process! with { Pid = Environment.ProcessId } });
        await bench.OpenAsync();
        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.Unknown);
    }

    [Fact]
    public async Task Qemu_that_nobody_has_on_record_is_shown_and_left_alone()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var run = bench.Registry.Get("web").Run!;
        await bench.CloseAsync();
        await bench.ForgetAllAsync();
        await bench.OpenAsync();
        bench.Recovery.Quarantined.ShouldBe(1);
        var shown = bench.Registry.List().ShouldHaveSingleItem();
        shown.State.ShouldBeOfType<VmState.Quarantined>();
        (await Should.ThrowAsync<VmException>(() => bench.DoAsync(shown.Definition.Name, new VmVerb.Stop(Force: true)))).Reason.ShouldBe(VmErrorReason.Quarantined);
        using (var alive = PidFd.TryOpen(run.Process!))
        {
            alive.ShouldNotBeNull();
        }

        await KillAsync(run.Process!);
    }

    [Fact]
    public async Task Child_of_a_start_that_became_no_qemu_is_shown_and_lives()
    {
        await using var bench = await VmBench.BeginAsync();
        var id = (await bench.CreateAsync()).Definition.Id;
        await bench.CloseAsync();
        await bench.EditAsync(_ => new LedgerBatch(new PutIntent(
            new IntentRow(id, nameof(VmWork.Start), null, Guid.NewGuid(), "", DateTimeOffset.UnixEpoch))));
        await using var begun = new BegunStart(bench.Services.Options.RunDirectory, id);
        await bench.OpenAsync();

        bench.Recovery.Quarantined.ShouldBe(1);
        var shown = bench.Registry.Get("web").State.ShouldBeOfType<VmState.Quarantined>();
        shown.Why.ShouldBe($"Process {begun.Child.Pid} holds this VM's sockets and is no QEMU.");
        begun.Child.HasExited.ShouldBeFalse();

        // It goes on after all, and the next agent finds it as what it is by then.
        begun.BecomeQemu();
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Registry.Get("web").State.ShouldNotBeOfType<VmState.Stopped>();
        begun.Child.HasExited.ShouldBeFalse();
    }

    [Fact]
    public async Task Guest_that_shut_down_meanwhile_is_cleared_away()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"cont","do":"guestShutdown","milliseconds":1500}]""");
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.CloseAsync();
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        await bench.OpenAsync();
        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.GuestShutdown);
        await bench.ClearedAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(nameof(VmWork.Kill))]
    [InlineData(nameof(VmWork.Shutdown))]
    public async Task Finding_that_comes_after_the_end_of_its_run_does_not_touch_the_next_one(string? interrupted)
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.DoAsync("web", new VmVerb.Stop(Force: true));
        await bench.DoAsync("web", new VmVerb.Start());
        var before = bench.Registry.Get("web");

        await bench.Registry.All.Single().TellAsync(
            new RecoveryFinding.Gone(VmStart.ExitOf(null, DateTimeOffset.UnixEpoch)),
            interrupted is null ? null : new Interruption(new IntentRow(before.Definition.Id, interrupted, null, null, "", DateTimeOffset.UnixEpoch), null));

        var after = bench.Registry.Get("web");
        after.State.ShouldBe(before.State);
        after.Run!.Process.ShouldBe(before.Run!.Process);
        Directory.Exists(new RunDirectory(bench.Services.Options.RunDirectory, before.Definition.Id).Path).ShouldBeTrue();
    }

    [Theory]
    [InlineData(nameof(VmWork.Kill))]
    [InlineData(nameof(VmWork.ClearAway))]
    public async Task Finding_that_comes_while_a_force_stop_is_under_way_does_not_take_its_place(string interrupted)
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var run = bench.Registry.Get("web").Run!;
        using var process = PidFd.TryOpen(run.Process!)!;
        await bench.CloseAsync();
        process.Send(SigStop);
        await bench.OpenAsync();
        var vm = bench.Registry.All.Single();
        await bench.UntilAsync("web", now => now.State is VmState.Unknown { ProcessProven: true });

        // While the loop waits for the ledger, both come: what is urgent is taken first.
        Task changing, telling;
        Task<Operation> stopping;
        using (bench.Clock.Stop())
        {
            changing = bench.ChangeAsync("web", spec => spec with { Console = null });
            var found = new LiveQemu(run, HostProcess.TryAttach(run.Process!)!, null, new RunDirectory(bench.Services.Options.RunDirectory, vm.Snapshot.Definition.Id));
            telling = vm.TellAsync(
                new RecoveryFinding.Attached(found, new Resync(RunState.Shutdown, CpusRun: false)),
                new Interruption(new IntentRow(vm.Snapshot.Definition.Id, interrupted, null, run.Id, "", DateTimeOffset.UnixEpoch), null));
            stopping = bench.DoAsync("web", new VmVerb.Stop(Force: true));
        }

        await changing;
        await telling;
        (await stopping).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
    }

    private static async Task KillAsync(ProcessIdentity identity)
    {
        using var process = HostProcess.TryAttach(identity);
        process!.Kill();
        await process.Exited;
    }
}
