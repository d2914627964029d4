using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The QEMU processes of VMs, as the kernel shows them and not as the agent does.</summary>
internal static class Qemus
{
    /// <summary>SIGSTOP, SIGCONT.</summary>
    private const int Freeze = 19, Thaw = 18;

    /// <summary>A VM that needs next to nothing, to be started paused; its id is chosen here so that its process can be found whatever the agent says.</summary>
    public static Vm Cheap(string name)
    {
        var vm = Guest.Empty(name);
        vm.Id = Guid.NewGuid().ToString();
        vm.Spec.Machine = "pc";
        return vm;
    }

    /// <summary>The processes that were started as this VM. A zombie is none: it has no arguments.</summary>
    public static IReadOnlyList<int> Of(string id) =>
        [.. ProcessTable.Containing(id).Where(process => IsQemuOf(process, id)).Select(process => process.Pid)];

    /// <summary>Stops a process without ending it.</summary>
    public static void Suspend(int pid) => Send(pid, Freeze);

    /// <summary>Lets it go on.</summary>
    public static void Continue(int pid) => Send(pid, Thaw);

    /// <summary>Kills whatever runs as one of these VMs, for a test whose agent cannot do it; true once nothing is left.</summary>
    public static async Task<bool> KillAllAsync(IEnumerable<string> ids)
    {
        var all = ids.ToArray();
        foreach (var pid in all.SelectMany(Of))
        {
            Send(pid, PidFd.Kill);
        }

        return await AgentFigures.UntilAsync(() => all.All(id => Of(id).Count == 0));
    }

    /// <summary>Demands that a VM is alive with one process, or stopped with none.</summary>
    public static void ShouldAgree(Vm vm)
    {
        var pids = Of(vm.Id);
        if (vm.Status.State is VmState.Stopped)
        {
            pids.ShouldBeEmpty($"{vm.Name} is stopped");
            vm.Status.Pid.ShouldBe(0);
        }
        else
        {
            vm.Status.State.ShouldBeOneOf([VmState.Running, VmState.Paused], $"{vm.Name}: {vm.Status}");
            pids.ShouldBe([vm.Status.Pid], $"{vm.Name} is alive");
        }
    }

    private static bool IsQemuOf(RunningProcess process, string id)
    {
        var at = process.Arguments.ToList().IndexOf("-uuid");
        return at >= 0 && at + 1 < process.Arguments.Count && process.Arguments[at + 1] == id;
    }

    private static void Send(int pid, int signal)
    {
        using var handle = PidFd.TryOpen(pid);
        handle?.Send(signal);
    }
}
