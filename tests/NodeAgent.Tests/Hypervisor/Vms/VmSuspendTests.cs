using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Tests.Hypervisor.Vms;

public sealed class VmSuspendTests
{
    private static readonly VmVerb Suspend = new VmVerb.Suspend(), Start = new VmVerb.Start();

    [Fact]
    public async Task Suspended_guest_goes_on_and_its_state_is_used_once()
    {
        await using var bench = await VmBench.BeginAsync();
        await RunAsync(bench);
        var first = bench.Registry.Get("web").Run!;

        (await bench.DoAsync("web", Suspend)).State.ShouldBe(OperationState.Succeeded);

        var suspended = bench.Registry.Get("web");
        suspended.State.ShouldBeOfType<VmState.Stopped>().Exit!.Reason.ShouldBe(VmExitReason.Suspended);
        var saved = suspended.Saved.ShouldNotBeNull();
        (saved.RunId, saved.ByHost, saved.CpusRan).ShouldBe((first.Id, false, true));
        File.GetUnixFileMode(Files(bench).ShouldHaveSingleItem()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await bench.DoAsync("web", Suspend)).Phase.ShouldBe("nothing-to-do");
        await bench.ClearedAsync();

        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded);

        var running = bench.Registry.Get("web");
        running.State.ShouldBe(new VmState.Running());
        running.Saved.ShouldBeNull();
        running.Run!.Boot.Arguments[^2..].ShouldBe(["-incoming", "defer"]);
        Files(bench).ShouldBeEmpty();
        (await bench.DoAsync("web", Suspend)).State.ShouldBe(OperationState.Succeeded, "a guest that was restored can be saved again");
        bench.Registry.Get("web").Saved!.Boot.Arguments.ShouldBe(first.Boot.Arguments);
        (await KindsAsync(bench)).ShouldBe(["vm.suspended", "vm.stopped", "vm.restored", "vm.started", "vm.suspended", "vm.stopped"]);
    }

    [Fact]
    public async Task Saved_state_is_there_for_the_next_agent_and_pending_fields_stay_pending()
    {
        await using var bench = await VmBench.BeginAsync();
        await RunAsync(bench);
        await bench.DoAsync("web", Suspend);
        await bench.Registry.UpdateAsync(
            "web", null, vm => vm with { Spec = vm.Spec with { MemoryBytes = 128 << 20 } }, new("test"), false, TestContext.Current.CancellationToken);
        bench.Registry.Get("web").PendingFields.ShouldBe(["spec.memory_bytes"]);

        await bench.CloseAsync();
        bench.BootId = "boot-2";
        await bench.OpenAsync();

        bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>().Exit!.Reason.ShouldBe(VmExitReason.Suspended);
        bench.Registry.Get("web").PendingFields.ShouldBe(["spec.memory_bytes"]);
        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").PendingFields.ShouldBe(["spec.memory_bytes"], "it was no boot");
        bench.Registry.Get("web").Run!.Boot.Arguments.ShouldContain("size=64M");
    }

    [Fact]
    public async Task Guest_that_was_paused_is_left_paused()
    {
        await using var bench = await VmBench.BeginAsync();
        await RunAsync(bench);
        await bench.DoAsync("web", new VmVerb.Pause());

        (await bench.DoAsync("web", Suspend)).State.ShouldBe(OperationState.Succeeded);
        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded);

        bench.Registry.Get("web").State.ShouldBe(new VmState.Paused(PauseCause.Requested));
        (await bench.DoAsync("web", new VmVerb.Resume())).State.ShouldBe(OperationState.Succeeded);
    }

    [Theory]
    [InlineData("""[{"on":"migrate","do":"migrationFails","description":"No space left on device"}]""", "No space left on device")]
    [InlineData("""[{"on":"migrate","do":"error","description":"this device does not migrate"}]""", "this device does not migrate")]
    [InlineData("""[{"on":"getfd","do":"error","description":"too many files"}]""", "too many files")]
    [InlineData("""[{"on":"migrate","do":"silence"}]""", "QEMU did not save it")]
    [InlineData("""[{"on":"stop","do":"ignore"}]""", "another reason")]
    [InlineData("""[{"on":"stop","do":"delay","milliseconds":3000}]""", "QEMU did not save it")]
    public async Task What_fails_is_taken_back_and_the_guest_goes_on(string faults, string words)
    {
        await using var bench = await VmBench.BeginAsync(faults);
        await RunAsync(bench);

        var operation = await bench.DoAsync("web", Suspend);

        operation.State.ShouldBe(OperationState.Failed);
        operation.Fault!.Reason.ShouldBe(nameof(VmErrorReason.SuspendFailed));
        operation.Fault.Message.ShouldContain(words);
        Files(bench).ShouldBeEmpty();
        (await bench.UntilAsync("web", vm => vm.State is VmState.Running)).Saved.ShouldBeNull();
        (await bench.Registry.Find("web").RequireMonitor().ExecuteAsync(QmpCommands.QueryStatus, TestContext.Current.CancellationToken)).Running.ShouldBeTrue();
    }

    [Fact]
    public async Task Guest_that_ends_by_itself_meanwhile_is_no_saved_state()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"query-status","do":"guestShutdown","times":1,"monitor":"control"}]""");
        await RunAsync(bench);

        var operation = await bench.DoAsync("web", Suspend);

        operation.Fault!.Message.ShouldContain("The guest shut down");
        bench.Registry.Get("web").LastExit!.Reason.ShouldBe(VmExitReason.GuestShutdown);
        bench.Registry.Get("web").Saved.ShouldBeNull();
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Save_that_is_not_done_in_its_time_is_taken_back()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate","do":"migrationHangs"}]""");
        await RunAsync(bench);

        var operation = await bench.DoAsync("web", new VmVerb.Suspend(ByHost: true, Limit: TimeSpan.FromMilliseconds(300)));

        operation.Fault!.Reason.ShouldBe(nameof(VmErrorReason.SuspendFailed));
        operation.Fault.Message.ShouldContain("0.3 s");
        (await bench.UntilAsync("web", vm => vm.State is VmState.Running)).Saved.ShouldBeNull();
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Save_that_would_take_too_long_is_given_up_early()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate","do":"migrationHangs"}]""");
        await RunAsync(bench);

        var operation = await bench.DoAsync("web", new VmVerb.Suspend(ByHost: true, Limit: TimeSpan.FromSeconds(25)));

        operation.Fault!.Message.ShouldContain("63 of 64 MiB remain");
    }

    [Fact]
    public async Task Save_can_be_cancelled()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate","do":"migrationHangs"}]""");
        await RunAsync(bench);
        var operation = await bench.Registry.ApplyAsync("web", Suspend, new("test"), TestContext.Current.CancellationToken);
        await UntilPhaseAsync(bench, operation.Id, "save");

        await bench.Services.Operations.CancelAsync(operation.Id, TestContext.Current.CancellationToken);

        (await bench.Services.Operations.WaitAsync(operation.Id, VmBench.Patience, TestContext.Current.CancellationToken))!.State.ShouldBe(OperationState.Cancelled);
        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Force_stop_overtakes_a_save_and_nothing_of_it_stays()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate","do":"migrationHangs"}]""");
        await RunAsync(bench);
        var operation = await bench.Registry.ApplyAsync("web", Suspend, new("test"), TestContext.Current.CancellationToken);
        await UntilPhaseAsync(bench, operation.Id, "save");

        (await bench.DoAsync("web", new VmVerb.Stop(Force: true))).State.ShouldBe(OperationState.Succeeded);

        var stopped = bench.Registry.Get("web");
        stopped.LastExit!.Reason.ShouldBe(VmExitReason.KilledByRequest);
        stopped.Saved.ShouldBeNull();
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Death_in_the_middle_of_a_save_is_a_crash_and_no_saved_state()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"query-migrate","do":"signal","signal":6}]""");
        await RunAsync(bench);

        var operation = await bench.DoAsync("web", Suspend);

        operation.State.ShouldBe(OperationState.Failed);
        var stopped = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
        stopped.LastExit!.Reason.ShouldBe(VmExitReason.QemuCrashed);
        stopped.Saved.ShouldBeNull();
        await UntilNoFilesAsync(bench);
    }

    [Fact]
    public async Task State_that_does_not_load_is_kept_and_can_be_given_up()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate-incoming","do":"exit","status":1,"text":"load of migration failed: Invalid argument"}]""");
        await RunAsync(bench);
        await bench.DoAsync("web", Suspend);

        var operation = await bench.DoAsync("web", Start);

        operation.Fault!.Reason.ShouldBe(nameof(VmErrorReason.SavedStateUnusable));
        operation.Fault.Message.ShouldContain("load of migration failed");
        operation.Fault.Message.ShouldContain("--discard-saved-state");
        var stopped = bench.Registry.Get("web");
        stopped.LastExit!.FailedStep.ShouldBe("load");
        stopped.Saved.ShouldNotBeNull();
        Files(bench).ShouldHaveSingleItem();
        await bench.CloseAsync();
        await bench.OpenAsync();
        bench.Registry.Get("web").Saved.ShouldNotBeNull("it is on record after a failed start too");

        (await bench.DoAsync("web", new VmVerb.Start(DiscardSavedState: true))).State.ShouldBe(OperationState.Succeeded);

        bench.Registry.Get("web").Saved.ShouldBeNull();
        bench.Registry.Get("web").Run!.Boot.Arguments.ShouldNotContain("-incoming");
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Disk_that_was_written_to_keeps_the_guest_from_going_on()
    {
        await using var bench = await VmBench.BeginAsync();
        var disk = Path.Combine(Path.GetDirectoryName(bench.Script)!, "disk.img");
        await File.WriteAllBytesAsync(disk, new byte[1 << 20], TestContext.Current.CancellationToken);
        var written = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(disk, written);
        await RunAsync(bench, spec => spec with { Disks = [new DiskSpec { Name = "disk0", Path = disk, Format = DiskFormat.Raw }] });
        await bench.DoAsync("web", Suspend);
        File.SetLastWriteTimeUtc(disk, written.AddSeconds(1));

        var operation = await bench.DoAsync("web", Start);

        operation.Fault!.Reason.ShouldBe(nameof(VmErrorReason.SavedStateUnusable));
        operation.Fault.Message.ShouldContain(disk);
        bench.Registry.Get("web").Saved.ShouldNotBeNull();
        File.SetLastWriteTimeUtc(disk, written);
        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded, "it was put back");
    }

    [Fact]
    public async Task Guest_whose_disk_was_replaced_under_it_is_not_saved()
    {
        await using var bench = await VmBench.BeginAsync();
        var disk = Path.Combine(Path.GetDirectoryName(bench.Script)!, "disk.img");
        await File.WriteAllBytesAsync(disk, new byte[1 << 20], TestContext.Current.CancellationToken);
        await RunAsync(bench, spec => spec with { Disks = [new DiskSpec { Name = "disk0", Path = disk, Format = DiskFormat.Raw }] });
        File.Copy(disk, disk + ".new");
        File.Move(disk + ".new", disk, overwrite: true);

        var operation = await bench.DoAsync("web", Suspend);

        operation.Fault!.Reason.ShouldBe(nameof(VmErrorReason.SuspendFailed));
        operation.Fault.Message.ShouldContain("replaced");
        (await bench.UntilAsync("web", vm => vm.State is VmState.Running)).Saved.ShouldBeNull();
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deleted_VM_takes_its_saved_state_with_it()
    {
        await using var bench = await VmBench.BeginAsync();
        await RunAsync(bench);
        await bench.DoAsync("web", Suspend);

        await bench.Registry.DeleteAsync("web", null, false, new("test"), TestContext.Current.CancellationToken);

        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Agent_that_ends_during_a_save_leaves_a_guest_that_goes_on()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate","do":"migrationHangs"}]""");
        await RunAsync(bench);
        var operation = await bench.Registry.ApplyAsync("web", Suspend, new("test"), TestContext.Current.CancellationToken);
        await UntilPhaseAsync(bench, operation.Id, "save");

        await bench.CloseAsync();
        await bench.OpenAsync();

        await bench.UntilAsync("web", vm => vm.State is VmState.Running);
        bench.Registry.Get("web").Saved.ShouldBeNull();
        (await bench.Services.Operations.FindAsync(operation.Id, TestContext.Current.CancellationToken))!.Fault!.Reason.ShouldBe(nameof(VmErrorReason.Interrupted));
        Files(bench).ShouldBeEmpty();
    }

    [Fact]
    public async Task Agent_that_ends_between_the_record_and_the_end_of_QEMU_leaves_a_suspended_guest()
    {
        await using var bench = await VmBench.BeginAsync("""[{"on":"quit","do":"silence","times":1}]""");
        await RunAsync(bench);
        var operation = await bench.Registry.ApplyAsync("web", Suspend, new("test"), TestContext.Current.CancellationToken);
        await bench.UntilEventAsync("vm.suspended");

        await bench.CloseAsync();
        await bench.OpenAsync();

        (await bench.UntilAsync("web", vm => vm.State is VmState.Stopped)).LastExit!.Reason.ShouldBe(VmExitReason.Suspended);
        bench.Registry.Get("web").Saved.ShouldNotBeNull();
        (await bench.Services.Operations.WaitAsync(operation.Id, VmBench.Patience, TestContext.Current.CancellationToken))!.State.ShouldBe(OperationState.Succeeded);
        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded);
    }

    [Fact]
    public async Task State_whose_file_is_gone_is_none()
    {
        await using var bench = await VmBench.BeginAsync();
        await RunAsync(bench);
        await bench.DoAsync("web", Suspend);
        await bench.CloseAsync();
        File.Delete(Files(bench).Single());

        await bench.OpenAsync();

        bench.Registry.Get("web").Saved.ShouldBeNull();
        await bench.UntilEventAsync("vm.saved-state-lost");
        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded);
        bench.Registry.Get("web").Run!.Boot.Arguments.ShouldNotContain("-incoming");
    }

    [Fact]
    public async Task State_of_a_VM_that_is_no_more_is_swept()
    {
        await using var bench = await VmBench.BeginAsync();
        await RunAsync(bench);
        await bench.DoAsync("web", Suspend);
        var left = Path.Combine(bench.Services.Options.VmStateDirectory(Guid.NewGuid()), "left.state");
        Directory.CreateDirectory(Path.GetDirectoryName(left)!);
        await File.WriteAllTextAsync(left, "an agent was killed in the middle of a delete", TestContext.Current.CancellationToken);

        await bench.CloseAsync();
        await bench.OpenAsync();

        File.Exists(left).ShouldBeFalse();
        Files(bench).Length.ShouldBe(1, "and no other is");
    }

    private static async Task RunAsync(VmBench bench, Func<VmSpec, VmSpec>? change = null)
    {
        await bench.CreateAsync(change: change);
        (await bench.DoAsync("web", Start)).State.ShouldBe(OperationState.Succeeded);
    }

    private static string[] Files(VmBench bench) =>
        Directory.GetFiles(bench.Services.Options.StateDirectory, "*.state", SearchOption.AllDirectories);

    private static async Task<string[]> KindsAsync(VmBench bench) =>
        [.. (await bench.EventsAsync()).Select(item => item.Fact.Kind).SkipWhile(kind => kind != "vm.suspended").Where(kind => kind is not ("vm.requested" or "vm.paused" or "vm.resumed"))];

    private static async Task UntilNoFilesAsync(VmBench bench)
    {
        using var patience = new CancellationTokenSource(VmBench.Patience);
        while (Files(bench).Length > 0)
        {
            await Task.Delay(10, patience.Token);
        }
    }

    private static async Task UntilPhaseAsync(VmBench bench, Guid operation, string phase)
    {
        using var patience = new CancellationTokenSource(VmBench.Patience);
        while ((await bench.Services.Operations.FindAsync(operation, patience.Token))!.Phase != phase)
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
