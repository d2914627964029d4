using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.FunctionalTests.Hosts;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>What every launcher must do, said once and asked of both: nothing above them may be able to tell which it is.</summary>
public sealed class LauncherConformanceTests
{
    [Fact]
    public async Task Direct_launcher_conforms()
    {
        await using var agent = await Agent.StartAsync();
        await ConformAsync("direct", new Place(
            () => agent.Client,
            vm => Task.FromResult(Guest.Bios(agent, vm)),
            pid => ShellAsync($"kill -9 {pid}"),
            pid => Task.FromResult(IsAlive(pid)),
            async () =>
            {
                await agent.KillAsync();
                await agent.StartAgainAsync();
            })
        {
            RunDirectory = agent.RunDirectory,
            Shell = shell => Command.RunAsync("/bin/sh", ["-c", shell]),
        });
    }

    [Fact]
    public async Task Systemd_launcher_conforms()
    {
        await using var node = await NodeBox.StartAsync();
        await ConformAsync(node);
    }

    /// <summary>Demands of a host with systemd what is demanded of every launcher.</summary>
    internal static Task ConformAsync(InstalledNode node) => ConformAsync("systemd", new Place(
        () => node.Client,
        async vm =>
        {
            await node.Host.CopyInAsync(Path.Combine(Artifacts.Guests, $"{vm}.raw"), $"{InstalledNode.Images}/{vm}.raw");
            var spec = Guest.Empty(vm);
            spec.Spec.Machine = "pc";
            spec.Spec.Console = new ConsoleSpec();
            spec.Spec.Disks.Add(new Disk { Path = $"{InstalledNode.Images}/{vm}.raw", Format = DiskFormat.Raw });
            return spec;
        },
        async pid => (await node.RunAsync($"kill -9 {pid}")).Succeeded(),
        async pid => (await node.RunAsync($"grep -q '^State:[[:space:]]*[^Z[:space:]]' /proc/{pid}/status")).ExitCode == 0,
        async () =>
        {
            var killed = await node.ShowAsync("MainPID");
            (await node.RunAsync("systemctl kill --kill-who=main --signal=KILL nodeagentd")).Succeeded();
            await node.UntilAsync("MainPID", now => now != killed && now != "0");
            await node.UntilServingAsync();
        })
    {
        RunDirectory = "/run/nodeagent",
        Shell = node.RunAsync,
        TellsEveryEnd = true,
    });

    private static async Task ConformAsync(string launcher, Place place)
    {
        (await place.Client().Nodes.GetNodeAsync(new GetNodeRequest())).Agent.Launcher.ShouldBe(launcher);

        // It starts, greets, and is the process that it says it is.
        var vm = await place.Client().CreateAndStartAsync(await place.Make("tick"));
        vm.Status.State.ShouldBe(VmState.Running);
        (await place.IsAlive(vm.Status.Pid)).ShouldBeTrue();
        await place.Client().UntilPrintedAsync("tick", "\n");

        // It outlives the agent, and a second start is nothing to it.
        await place.KillAgent();
        var adopted = await place.Client().UntilAsync("tick", VmState.Running);
        adopted.Status.Pid.ShouldBe(vm.Status.Pid);
        adopted.Status.RunId.ShouldBe(vm.Status.RunId);
        (await place.Client().StartAsync("tick")).Status.RunId.ShouldBe(vm.Status.RunId);

        // A crash is told with its signal, of a process that an earlier agent had started, too.
        await place.Kill(vm.Status.Pid);
        var crashed = await place.Client().UntilAsync("tick", VmState.Stopped);
        if (place.TellsEveryEnd)
        {
            crashed.Status.Exit.Reason.ShouldBe(ExitReason.QemuCrashed);
            crashed.Status.Exit.Signal.ShouldBe(9);
        }
        else
        {
            crashed.Status.Exit.Reason.ShouldBeOneOf(ExitReason.QemuCrashed, ExitReason.Unknown);
        }

        (await place.IsAlive(vm.Status.Pid)).ShouldBeFalse();

        await FailedStartLeavesNothingAsync(place);

        // A new run at once, a reboot without a new process, an orderly and a forced end.
        var again = await place.Client().StartAsync("tick");
        again.Status.RunId.ShouldNotBe(vm.Status.RunId);

        // Limits can be changed under it, where there are any and where there are none.
        var wanted = again.Clone();
        wanted.Spec.Resources = new ResourceSpec { CpuWeight = 300 };
        await place.Client().Vms.UpdateVmAsync(new UpdateVmRequest { Vm = wanted, UpdateMask = new() { Paths = { "spec.resources" } } });
        var limited = await place.Client().GetAsync("tick");
        limited.Status.State.ShouldBe(VmState.Running);
        limited.Status.RunId.ShouldBe(again.Status.RunId);
        (await place.Client().ForceStopAsync("tick")).Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
        (await place.IsAlive(again.Status.Pid)).ShouldBeFalse();
        var last = await place.Client().StartAsync("tick", paused: true);
        await place.Kill(last.Status.Pid);
        var killed = await place.Client().UntilAsync("tick", VmState.Stopped);
        killed.Status.Exit.Reason.ShouldBe(ExitReason.QemuCrashed);
        killed.Status.Exit.Signal.ShouldBe(9);
        await place.Client().DeleteAsync("tick");
    }

    // QEMU itself refuses: another one holds the lock of its disk.
    private static async Task FailedStartLeavesNothingAsync(Place place)
    {
        var holder = new Vm { Name = "holder", Spec = (await place.Client().GetAsync("tick")).Spec };
        await place.Client().CreateAndStartAsync(holder);

        var failed = await place.Client().WaitForEndAsync(await place.Client().Vms.StartVmAsync(new StartVmRequest { Vm = "tick" }));

        failed.Error.Message.ShouldContain("lock", Case.Insensitive);
        var vm = await place.Client().GetAsync("tick");
        vm.Status.State.ShouldBe(VmState.Stopped);
        (await place.Shell($"ls {place.RunDirectory}/vms/{vm.Id}")).ExitCode.ShouldNotBe(0, "its run directory");
        (await place.Shell($"for process in /proc/[0-9]*; do tr '\\0' '\\n' <$process/cmdline 2>/dev/null | grep -qxF {vm.Id} && echo $process; done; true")).Output.ShouldBeEmpty("its process");
        (await place.Shell("! command -v systemctl >/dev/null || systemctl list-units --all --plain --no-legend 'nodeagent-vm-tick-*'")).Output.ShouldBeEmpty("its unit");
        await place.Client().ForceStopAsync("holder");
        await place.Client().DeleteAsync("holder");
    }

    // Not every first process reaps at once what it has inherited; a zombie has ended.
    private static bool IsAlive(int pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/status").Contains("State:\tZ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task ShellAsync(string command)
    {
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", command]);
        await shell.WaitForExitAsync();
        shell.ExitCode.ShouldBe(0);
    }

    /// <summary>Where it runs: how a guest is made there, killed, looked at, and its agent replaced.</summary>
    private sealed record Place(
        Func<AgentClient> Client, Func<string, Task<Vm>> Make, Func<int, Task> Kill, Func<int, Task<bool>> IsAlive, Func<Task> KillAgent)
    {
        public required string RunDirectory { get; init; }

        public required Func<string, Task<Command>> Shell { get; init; }

        /// <summary>Whether an end is told of a process that an earlier agent had started, too.</summary>
        public bool TellsEveryEnd { get; init; }
    }
}
