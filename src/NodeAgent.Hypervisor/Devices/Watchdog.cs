using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>The i6300esb watchdog. Not on a microvm.</summary>
internal static class Watchdog
{
    private const string Name = "watchdog";

    public static void Add(ArgumentList arguments) =>
        arguments.Device(Name, "i6300esb", Name, MachineLayout.Watchdog(arguments.Family));

    /// <summary>
    /// What QEMU does by itself (QAPI <c>WatchdogAction</c>). "Stop" only pauses: QEMU's own "poweroff" would end the
    /// process at once, and an agent that was away could not tell why. It finds the run state "watchdog" instead.
    /// </summary>
    public static string QemuAction(WatchdogAction action) => action switch
    {
        WatchdogAction.Reset => "reset",
        WatchdogAction.Pause or WatchdogAction.Stop => "pause",
        WatchdogAction.Nmi => "inject-nmi",
        WatchdogAction.None => "none",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
    };
}
