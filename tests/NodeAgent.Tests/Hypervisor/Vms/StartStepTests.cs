using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Tests.Hypervisor.Ledger;

namespace NodeAgent.Tests.Hypervisor.Vms;

/// <summary>
/// Each step of a start fails once: the step is named, nothing of the start is left, and the same start succeeds when
/// what was in its way is gone. What QEMU itself does wrong in <c>connect</c>, <c>resume</c> and <c>load</c> is with
/// <see cref="VmTests"/> and <see cref="VmSuspendTests"/>.
/// </summary>
public sealed class StartStepTests
{
    private static readonly VmVerb Start = new VmVerb.Start();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Plan_fails_over_an_image_that_is_gone()
    {
        await using var bench = await VmBench.BeginAsync();
        var disk = await CreateWithDiskAsync(bench);
        File.Move(disk, disk + ".away");

        await FailAsync(bench, "plan", disk);

        File.Move(disk + ".away", disk);
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Directory_fails_over_a_file_in_its_place()
    {
        await using var bench = await VmBench.BeginAsync();
        var directory = new RunDirectory(bench.Services.Options.RunDirectory, (await bench.CreateAsync()).Definition.Id).Path;
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        await File.WriteAllTextAsync(directory, "somebody else's", Ct);

        await FailAsync(bench, "directory", directory, [directory]);

        File.Delete(directory);
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Directory_that_can_only_be_made_in_part_is_removed()
    {
        using var small = new SmallDisk(inodes: 4);
        await using var bench = await VmBench.BeginAsync();
        bench.Services.Options = bench.Services.Options with { RunDirectory = small.Path };
        await bench.CreateAsync();

        await FailAsync(bench, "directory", "No space left");

        small.Resize(inodes: 100);
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Directory_without_room_for_content_is_removed()
    {
        using var small = new SmallDisk();
        await using var bench = await VmBench.BeginAsync();
        bench.Services.Options = bench.Services.Options with { RunDirectory = small.Path };
        await bench.CreateAsync();
        small.Fill();

        await FailAsync(bench, "directory", "No space left");

        small.Free();
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Files_fail_over_an_image_that_became_a_link_after_the_plan()
    {
        await using var bench = await VmBench.BeginAsync();
        var disk = await CreateWithDiskAsync(bench);
        bench.OnPlan = () =>
        {
            File.Move(disk, disk + ".away");
            File.CreateSymbolicLink(disk, disk + ".away");
        };

        await FailAsync(bench, "files", "leads to");

        bench.OnPlan = () => { };
        File.Move(disk + ".away", disk, overwrite: true);
        await SucceedAsync(bench);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Sockets_fail_where_there_is_no_room_for_one(int inodes)
    {
        using var small = new SmallDisk(inodes: inodes);
        await using var bench = await VmBench.BeginAsync();
        bench.Services.Options = bench.Services.Options with { RunDirectory = small.Path };
        await bench.CreateAsync(change: spec => spec with { Console = new ConsoleSpec() });

        await FailAsync(bench, "sockets", "No space left");

        small.Resize(inodes: 100);
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Sockets_fail_in_a_directory_whose_path_is_too_long_for_them()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        var options = bench.Services.Options;
        bench.Services.Options = options with { RunDirectory = Path.Combine(options.RunDirectory, new string('x', 100)) };

        await FailAsync(bench, "sockets", "shorter run directory");

        bench.Services.Options = options;
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Spawn_fails_over_a_binary_that_is_gone()
    {
        await using var bench = await VmBench.BeginAsync();
        await bench.CreateAsync();
        File.Move(bench.Qemu, bench.Qemu + ".away");

        await FailAsync(bench, "spawn", bench.Qemu);

        File.Move(bench.Qemu + ".away", bench.Qemu);
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Spawn_fails_where_there_is_no_room_for_the_log()
    {
        using var small = new SmallDisk(inodes: 7);
        await using var bench = await VmBench.BeginAsync();
        bench.Services.Options = bench.Services.Options with { RunDirectory = small.Path };
        await bench.CreateAsync(change: spec => spec with { Console = null });

        await FailAsync(bench, "spawn", "No space left");

        small.Resize(inodes: 100);
        await SucceedAsync(bench);
    }

    [Fact]
    public async Task Record_fails_on_a_full_disk_and_the_saved_state_is_kept()
    {
        using var small = new SmallDisk(kibibytes: 256 << 10);
        await using var bench = await VmBench.BeginAsync("""[{"on":"migrate-incoming","do":"hold"}]""", stateDirectory: Path.Combine(small.Path, "state"));
        bench.Services.Options = bench.Services.Options with { Monitor = bench.Services.Options.Monitor with { CommandTimeout = VmBench.Patience } };
        await bench.CreateAsync();
        await SucceedAsync(bench);
        (await bench.DoAsync("web", new VmVerb.Suspend())).State.ShouldBe(OperationState.Succeeded);
        var start = await bench.Registry.ApplyAsync("web", Start, new("test"), Ct);
        await bench.UntilMetAsync("migrate-incoming");
        await FillAsync(small, bench);

        bench.Release();

        var stopped = await bench.UntilAsync("web", vm => vm.State is VmState.Stopped);
        stopped.LastExit!.FailedStep.ShouldBe("record", stopped.LastExit.Message);
        stopped.Saved.ShouldNotBeNull("the guest has not gone on from it");
        await ShouldHaveLeftNothingAsync(bench);
        small.Free();
        (await bench.Services.Operations.WaitAsync(start.Id, VmBench.Patience, Ct))!.State.ShouldBe(OperationState.Failed);
        await UntilWritableAsync(bench);
        await SucceedAsync(bench);
        bench.Registry.Get("web").Run!.Boot.Arguments.ShouldContain("-incoming");
    }

    private static async Task<string> CreateWithDiskAsync(VmBench bench)
    {
        var disk = Path.Combine(bench.Images, "disk.img");
        await File.WriteAllBytesAsync(disk, new byte[1 << 20], Ct);
        await bench.CreateAsync(change: spec => spec with { Disks = [new DiskSpec { Name = "disk0", Path = disk, Format = DiskFormat.Raw }] });
        return disk;
    }

    private static async Task FailAsync(VmBench bench, string step, string words, string[]? othersFiles = null)
    {
        var descriptors = Descriptors();

        var operation = await bench.DoAsync("web", Start);

        operation.State.ShouldBe(OperationState.Failed);
        operation.Fault!.Message.ShouldContain(words);
        var exit = bench.Registry.Get("web").State.ShouldBeOfType<VmState.Stopped>().Exit!;
        (exit.Reason, exit.FailedStep).ShouldBe((VmExitReason.StartFailed, step), exit.Message);
        await ShouldHaveLeftNothingAsync(bench, othersFiles);
        Descriptors().Where(one => !descriptors.Contains(one) && one.Contains(bench.Services.Options.RunDirectory, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static async Task SucceedAsync(VmBench bench)
    {
        var operation = await bench.DoAsync("web", Start);
        operation.State.ShouldBe(OperationState.Succeeded, operation.Fault?.Message);
        bench.Registry.Get("web").State.ShouldBe(new VmState.Running());
    }

    private static async Task ShouldHaveLeftNothingAsync(VmBench bench, string[]? othersFiles = null)
    {
        ProcessTable.Containing(bench.Services.Options.RunDirectory).ShouldBeEmpty();
        if (othersFiles is null)
        {
            await bench.ClearedAsync();
        }
        else
        {
            Directory.GetFileSystemEntries(RunDirectory.Root(bench.Services.Options.RunDirectory)).ShouldBe(othersFiles);
        }
    }

    private static HashSet<string> Descriptors() =>
        [.. new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(fd => fd.LinkTarget).OfType<string>()];

    // The ledger's files have room in them: changes use it up, until one is refused.
    private static async Task FillAsync(SmallDisk small, VmBench bench)
    {
        for (var filler = 0; ; filler++)
        {
            small.Fill();
            try
            {
                await bench.CreateAsync($"filler-{filler}");
            }
            catch (LedgerException full)
            {
                full.Reason.ShouldBe(LedgerReason.DiskFull);
                return;
            }
        }
    }

    private static async Task UntilWritableAsync(VmBench bench)
    {
        using var patience = new CancellationTokenSource(VmBench.Patience);
        while (true)
        {
            try
            {
                await bench.CreateAsync("after");
                return;
            }
            catch (LedgerException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }
}
