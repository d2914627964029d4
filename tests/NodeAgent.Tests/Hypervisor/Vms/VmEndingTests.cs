using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>Why a run ended: what is told by who knows, and no guess.</summary>
public sealed class VmEndingTests
{
    private const int SigStop = 19, SigCont = 18;

    private static readonly ProcessExit Silence = ProcessExit.Unknown, Left = new(0, null, false), Failed = new(1, null, false),
        Killed = new(null, 9, false), Crashed = new(null, 11, true), Starved = new ProcessExit(null, 9, false) { OutOfMemory = true };

    public static TheoryData<VmWork?, string, ProcessExit, string, VmExitReason> Unseen => new()
    {
        { null, "", Silence, "", VmExitReason.Unknown },
        { null, "", Left, "", VmExitReason.StoppedByHost },
        { null, "", Crashed, "", VmExitReason.QemuCrashed },
        { null, "", Starved, "", VmExitReason.OutOfMemory },
        { VmWork.Kill, "", Silence, "", VmExitReason.KilledByRequest },
        { VmWork.Kill, "", Killed, "", VmExitReason.KilledByRequest },
        { VmWork.Kill, "", Crashed, "", VmExitReason.QemuCrashed },
        { VmWork.Kill, "", Starved, "", VmExitReason.OutOfMemory },
        { VmWork.Quit, "", Silence, "", VmExitReason.KilledByRequest },
        { VmWork.Quit, "", Left, "", VmExitReason.KilledByRequest },
        { VmWork.Quit, "", Killed, "", VmExitReason.QemuCrashed },
        { VmWork.Quit, "", Failed, "", VmExitReason.QemuCrashed },
        { VmWork.Shutdown, "", Silence, "", VmExitReason.Unknown },
        { VmWork.Shutdown, "", Left, "", VmExitReason.GuestShutdown },
        { VmWork.Shutdown, "", Left, "qemu-system-x86_64: terminating on signal 15 from pid 1", VmExitReason.StoppedByHost },
        { VmWork.Shutdown, "", Killed, "", VmExitReason.QemuCrashed },
        { VmWork.Shutdown, "", Crashed, "", VmExitReason.QemuCrashed },
        { VmWork.Shutdown, "", Starved, "", VmExitReason.OutOfMemory },
        { VmWork.ClearAway, nameof(VmExitReason.GuestShutdown), Silence, "", VmExitReason.GuestShutdown },
        { VmWork.ClearAway, nameof(VmExitReason.GuestPanic), Killed, "", VmExitReason.GuestPanic },
    };

    [Theory]
    [MemberData(nameof(Unseen))]
    public void End_that_nobody_saw_is_what_is_told_of_it(VmWork? work, string phase, ProcessExit told, string lastWords, VmExitReason expected)
    {
        var intent = work is null ? null : new IntentRow(Guid.NewGuid(), $"{work}", null, null, phase, DateTimeOffset.UnixEpoch);
        var exit = VmEnding.Unseen(intent, told, lastWords, DateTimeOffset.UnixEpoch);
        exit.Reason.ShouldBe(expected);
        exit.Signal.ShouldBe(told.Signal);
        exit.ExitCode.ShouldBe(told.ExitCode);
    }

    [Theory]
    [InlineData("system_powerdown", "signal")]
    [InlineData("quit", "signal")]
    [InlineData("system_powerdown", "exit")]
    public async Task Crash_during_a_shutdown_is_a_crash_and_nothing_is_started_again(string at, string how)
    {
        await using var bench = await VmBench.BeginAsync($$"""[{"on":"{{at}}","do":"{{how}}","signal":11,"status":3}]""");
        await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        var operation = await bench.DoAsync("web", new VmVerb.Shutdown(TimeSpan.FromSeconds(20)));
        var stopped = bench.Registry.Get("web");
        var ended = at == "quit";

        // A guest that has shut down has done so, whatever becomes of its QEMU afterwards.
        operation.State.ShouldBe(ended ? OperationState.Succeeded : OperationState.Failed);
        operation.Fault?.Reason.ShouldBe(nameof(VmErrorReason.QemuEnded));
        stopped.LastExit!.Reason.ShouldBe(ended ? VmExitReason.GuestShutdown : VmExitReason.QemuCrashed);
        stopped.LastExit.Signal.ShouldBe(how == "signal" ? 11 : null);
        await ShouldStayStoppedAsync(bench);
    }

    [Fact]
    public async Task Crash_while_a_shutdown_waits_for_the_guest_is_a_crash_and_nothing_is_started_again()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"system_powerdown","do":"ignore"}]""");
        await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        var shutdown = bench.DoAsync("web", new VmVerb.Shutdown(TimeSpan.FromSeconds(20)));
        var stopping = await bench.UntilAsync("web", vm => vm.State is VmState.Stopping);
        using (var qemu = PidFd.TryOpen(stopping.Run!.Process!)!)
        {
            qemu.Send(PidFd.Kill);
        }

        (await shutdown).Fault!.Reason.ShouldBe(nameof(VmErrorReason.QemuEnded));
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.QemuCrashed);
        await ShouldStayStoppedAsync(bench);
    }

    [Fact]
    public async Task Crash_instead_of_leaving_is_told_and_nothing_is_started_again()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"quit","do":"signal","signal":11}]""");
        await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        (await bench.DoAsync("web", new VmVerb.Stop(Force: false))).Fault!.Reason.ShouldBe(nameof(VmErrorReason.QemuEnded));
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.QemuCrashed);
        await ShouldStayStoppedAsync(bench);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_that_was_given_up_and_is_obeyed_later_is_a_stop(bool paused)
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        if (paused)
        {
            await bench.DoAsync("web", new VmVerb.Pause());
        }

        var before = bench.Registry.Get("web");
        using var process = PidFd.TryOpen(before.Run!.Process!)!;
        process.Send(SigStop);
        (await bench.DoAsync("web", new VmVerb.Stop(Force: false))).State.ShouldBe(OperationState.Failed);
        bench.Registry.Get("web").State.GetType().ShouldBe(before.State.GetType());

        process.Send(SigCont);
        (await bench.UntilAsync("web", now => now.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
        await ShouldStayStoppedAsync(bench);
    }

    [Fact]
    public async Task Force_stop_that_the_agents_end_interrupted_needs_no_answer_of_QEMUs()
    {
        await using var bench = await VmBench.BeginAsync();
        var vm = await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        using var process = PidFd.TryOpen(bench.Registry.Get("web").Run!.Process!)!;
        await bench.CloseAsync();
        await bench.EditAsync(_ => new LedgerBatch(new PutIntent(
            new IntentRow(vm.Definition.Id, nameof(VmWork.Kill), null, null, "", DateTimeOffset.UnixEpoch))));
        process.Send(SigStop);
        await bench.OpenAsync();
        (await bench.UntilAsync("web", now => now.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
        await ShouldStayStoppedAsync(bench);
    }

    [Fact]
    public async Task Force_stop_that_the_agents_end_interrupted_is_finished_as_one()
    {
        await using var bench = await VmBench.BeginAsync();
        var vm = await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        await bench.CloseAsync();
        await bench.EditAsync(_ => new LedgerBatch(new PutIntent(
            new IntentRow(vm.Definition.Id, nameof(VmWork.Kill), null, null, "", DateTimeOffset.UnixEpoch))));
        await bench.OpenAsync();
        (await bench.UntilAsync("web", now => now.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
        await ShouldStayStoppedAsync(bench);
    }

    [Fact]
    public async Task What_the_unit_noted_of_an_end_comes_before_what_was_asked_for()
    {
        await using var bench = await VmBench.BeginAsync();
        var vm = await bench.CreateAsync(change: Restarting);
        await bench.DoAsync("web", new VmVerb.Start());
        var process = bench.Registry.Get("web").Run!.Process!;
        await bench.CloseAsync();
        await bench.EditAsync(_ => new LedgerBatch(new PutIntent(
            new IntentRow(vm.Definition.Id, nameof(VmWork.Shutdown), null, null, "", DateTimeOffset.UnixEpoch))));
        using (var qemu = HostProcess.TryAttach(process)!)
        {
            qemu.Kill();
            await qemu.Exited;
        }

        var note = new RunDirectory(bench.Services.Options.RunDirectory, vm.Definition.Id).EndNote;
        Directory.CreateDirectory(Path.GetDirectoryName(note)!);
        await File.WriteAllLinesAsync(note, ["code=dumped", "status=SEGV", "result=core-dump"], TestContext.Current.CancellationToken);
        await bench.OpenAsync();
        var exit = (await bench.UntilAsync("web", now => now.State is VmState.Stopped)).LastExit!;
        exit.Reason.ShouldBe(VmExitReason.QemuCrashed);
        exit.Signal.ShouldBe(11);
        await ShouldStayStoppedAsync(bench);
    }

    [Fact]
    public async Task Guest_that_was_seen_to_end_has_shut_down_although_its_process_went_unseen()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"query-name","do":"guestShutdown"},{"on":"quit","do":"stall"}]""");
        await bench.CreateAsync();
        await bench.DoAsync("web", new VmVerb.Start());
        var process = bench.Registry.Get("web").Run!.Process!;
        await bench.HappensAwayAsync("web", RunState.Shutdown);
        await bench.UntilEventAsync("vm.guest-shutdown");
        await bench.UntilAsync("web", now => now.State is VmState.Stopping);
        await bench.CloseAsync();
        using (var qemu = HostProcess.TryAttach(process)!)
        {
            qemu.Kill();
            await qemu.Exited;
        }

        await bench.OpenAsync();
        (await bench.UntilAsync("web", now => now.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.GuestShutdown);
        (await bench.EventsAsync()).Count(item => item.Fact.Kind == "vm.guest-shutdown").ShouldBe(1);
    }

    private static VmSpec Restarting(VmSpec spec) => spec with
    {
        Restart = new RestartPolicy { Mode = RestartMode.OnFailure, InitialBackoff = TimeSpan.FromMilliseconds(100) },
    };

    private static async Task ShouldStayStoppedAsync(VmBench bench)
    {
        var stopped = bench.Registry.Get("web");
        stopped.State.ShouldBeOfType<VmState.Stopped>();
        stopped.NextRestart.ShouldBeNull();
        await bench.UntilEventAsync("vm.stopped");
        (await bench.EventsAsync()).ShouldNotContain(item => item.Fact.Kind == "vm.restart-scheduled");
    }
}
