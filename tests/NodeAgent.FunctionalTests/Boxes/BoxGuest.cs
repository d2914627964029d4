using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>A running guest in a box, and the one process that it is, whoever launched it.</summary>
/// <param name="Vm">As it was when it had started.</param>
/// <param name="StartTime">When its process began, in ticks since the boot; a process that merely has its pid began at another time.</param>
/// <param name="Box">Where it runs.</param>
internal sealed record BoxGuest(Vm Vm, string StartTime, SystemdBox Box)
{
    /// <summary>Notes who it is.</summary>
    public static BoxGuest Of(Vm vm, SystemdBox box) => new(vm, StartTimeOf(vm.Status.Pid, box), box);

    /// <summary>Demands that its process is there, the very same.</summary>
    public void ShouldLive() => StartTimeOf(Vm.Status.Pid, Box).ShouldBe(StartTime, $"{Vm.Name}, process {Vm.Status.Pid}");

    /// <summary>Demands that the agent has it, running in the same process and run.</summary>
    public async Task ShouldBeRunningAsync(AgentClient client)
    {
        ShouldLive();
        var now = await client.GetAsync(Vm.Id);
        now.Status.State.ShouldBe(VmState.Running, $"{Vm.Name}: {now.Status}");
        now.Status.Pid.ShouldBe(Vm.Status.Pid, Vm.Name);
        now.Status.RunId.ShouldBe(Vm.Status.RunId, Vm.Name);
    }

    private static string StartTimeOf(int pid, SystemdBox box)
    {
        var file = box.Path($"/proc/{pid}/stat");
        try
        {
            // The name, which may hold anything, ends with the last parenthesis; field 3 of proc_pid_stat(5) follows it.
            var fields = File.ReadAllText(file).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields[0] is "Z" or "X" ? "ended" : fields[22 - 3];
        }
        catch (IOException)
        {
            return "gone";
        }
    }
}
