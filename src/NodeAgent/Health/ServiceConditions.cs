using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Health;

/// <summary>Conditions about the node's service: whether it starts VMs, and what becomes of them when the host goes down.</summary>
internal static class ServiceConditions
{
    private const string StartsAllowed = "StartsAllowed", GuestsGoFirst = "GuestsGoFirst", VmsReal = "VmsReal";

    /// <summary>What a simulated node says of itself; a real one says nothing of it.</summary>
    public static (NodeCondition Condition, ConditionSeverity Severity) Simulated { get; } = (
        new NodeCondition(
            VmsReal, ConditionStatus.False, "NodeSimulated", "This node is simulated: no VM of it is real, and all of them end with the agent.",
            "For real VMs run the agent without --simulate, on directories of its own."),
        ConditionSeverity.Warning);

    /// <summary>Whether VMs may be started.</summary>
    public static (NodeCondition Condition, ConditionSeverity Severity) Of(StartGate gate) => gate switch
    {
        { HostGoesDown: true } => (
            new NodeCondition(StartsAllowed, ConditionStatus.False, "HostGoingDown", "The host is being shut down, and its guests before it.", "Nothing: it ends with the host's next boot."),
            ConditionSeverity.Warning),
        { Maintenance: { } maintenance } => (
            new NodeCondition(
                StartsAllowed, ConditionStatus.False, "NodeInMaintenance",
                $"The node is in maintenance{(maintenance.Reason.Length > 0 ? $": {maintenance.Reason}" : ".")}",
                "When the work is done: nodectl node maintenance exit."),
            ConditionSeverity.Warning),
        _ => (new NodeCondition(StartsAllowed, ConditionStatus.True, "NodeInService", "VMs may be started.", ""), ConditionSeverity.Info),
    };

    /// <summary>Whether guests are shut down before the host.</summary>
    /// <param name="outlook">What a shutdown would be like; <c>null</c> where nobody watches for one.</param>
    /// <param name="timeout">How long the guests may take.</param>
    public static (NodeCondition Condition, ConditionSeverity Severity) Of(ShutdownOutlook? outlook, TimeSpan timeout) => outlook switch
    {
        null => (
            No("ShutdownNotWatched", "Nobody watches for a shutdown of the host: it ends guests without asking them.", "Set [shutdown] enabled = true, on a host with systemd; or shut guests down yourself before the host."),
            ConditionSeverity.Info),
        { IsDelayed: false } => (
            No(
                "LogindNotReached",
                $"A shutdown of the host is not delayed for guests ({outlook.Problem}): they are shut down once systemd stops the agent, while it stops other services too.",
                "On a host with systemd, see to systemd-logind and dbus; the agent goes on trying."),
            ConditionSeverity.Info),
        { LongestDelay: { } longest } when longest < timeout => (
            No(
                "DelayTooShort",
                $"logind waits at most {longest.TotalSeconds:0.#} s at a shutdown, and guests may take {timeout.TotalSeconds:0.#} s ([shutdown] timeout): the rest of them is ended without being asked.",
                "Raise InhibitDelayMaxSec in a file of /etc/systemd/logind.conf.d and restart systemd-logind, or lower [shutdown] timeout."),
            ConditionSeverity.Warning),
        _ => (
            new NodeCondition(GuestsGoFirst, ConditionStatus.True, "ShutdownDelayed", "A shutdown of the host waits until guests are down.", ""),
            ConditionSeverity.Info),
    };

    private static NodeCondition No(string reason, string message, string remedy) => new(GuestsGoFirst, ConditionStatus.False, reason, message, remedy);
}
