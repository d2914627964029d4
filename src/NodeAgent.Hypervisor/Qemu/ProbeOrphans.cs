using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Devices;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// QEMUs that an agent of this state directory had begun to ask when it was killed. They have no machine and no guest,
/// and nobody else has their name: the state directory is locked by one agent at a time. So they may be ended.
/// </summary>
internal static class ProbeOrphans
{
    /// <summary>The value of <c>-name</c> for a probe.</summary>
    public static string NameOption(string name) => $"guest={OptionText.Value(name)}";

    /// <summary>Ends those that are left; to be called before the first probe.</summary>
    public static void End(string name)
    {
        var option = NameOption(name);
        foreach (var process in ProcessTable.Containing(option).Where(process => process.Arguments.Contains(option)))
        {
            // Opened first, looked at again afterwards: the number may have gone to somebody else in between.
            using var held = PidFd.TryOpen(process.Pid);
            if (held is not null && ProcessTable.Containing(option).Any(same => same.Pid == process.Pid))
            {
                held.Send(PidFd.Kill);
            }
        }
    }
}
