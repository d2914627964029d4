using NodeAgent.FunctionalTests.Agents;
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
            }));
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
        }));

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
        crashed.Status.Exit.Reason.ShouldBeOneOf(ExitReason.QemuCrashed, ExitReason.Unknown);
        (await place.IsAlive(vm.Status.Pid)).ShouldBeFalse();

        // A new run at once, a reboot without a new process, an orderly and a forced end.
        var again = await place.Client().StartAsync("tick");
        again.Status.RunId.ShouldNotBe(vm.Status.RunId);
        (await place.Client().ForceStopAsync("tick")).Status.Exit.Reason.ShouldBe(ExitReason.KilledByRequest);
        (await place.IsAlive(again.Status.Pid)).ShouldBeFalse();
        var last = await place.Client().StartAsync("tick", paused: true);
        await place.Kill(last.Status.Pid);
        var killed = await place.Client().UntilAsync("tick", VmState.Stopped);
        killed.Status.Exit.Reason.ShouldBe(ExitReason.QemuCrashed);
        killed.Status.Exit.Signal.ShouldBe(9);
        await place.Client().DeleteAsync("tick");
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
        Func<AgentClient> Client, Func<string, Task<Vm>> Make, Func<int, Task> Kill, Func<int, Task<bool>> IsAlive, Func<Task> KillAgent);
}
