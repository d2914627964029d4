using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Health;

/// <summary>Conditions about what stands between a guest that has taken over its QEMU and the host.</summary>
internal static class GuestConditions
{
    private const string QemuSandboxed = "QemuSandboxed", LoopbackClosedToGuests = "LoopbackClosedToGuests";

    // cgroups(7): there in the root of version 2, and in no root of version 1. systemd needs one for its filter of addresses,
    // with whatever controllers: it is either the only hierarchy or, on the hybrid layout, systemd's own.
    private static readonly string[] CgroupsOfVersion2 = ["/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/unified/cgroup.controllers"];

    /// <summary>Whether QEMU has the seccomp sandbox that every guest is to be started with.</summary>
    public static (NodeCondition Condition, ConditionSeverity Severity) OfSandbox(QemuCapabilities qemu) => qemu.HasSandbox
        ? (new NodeCondition(QemuSandboxed, ConditionStatus.True, "QemuSandboxOn", "Guests' QEMU gives up the system calls that it does not need.", ""), ConditionSeverity.Info)
        : (new NodeCondition(
            QemuSandboxed, ConditionStatus.False, "QemuSandboxMissing",
            $"{qemu.Binary} has no seccomp sandbox (-sandbox), so that guests are started without: who breaks out of one may make every system call that its unit allows.",
            "Take a QEMU that is built with seccomp ([qemu] binary), and see that nodeagentd's unit lets it: SystemCallFilter=seccomp."),
            ConditionSeverity.Warning);

    /// <summary>Whether a guest with a user network reaches what listens on the host's loopback.</summary>
    /// <param name="unitsConfine">Whether guests are in units of systemd.</param>
    public static (NodeCondition Condition, ConditionSeverity Severity) OfLoopback(bool unitsConfine) =>
        OfLoopback(unitsConfine, CgroupsOfVersion2.Any(File.Exists));

    internal static (NodeCondition Condition, ConditionSeverity Severity) OfLoopback(bool unitsConfine, bool hasVersion2) => unitsConfine && hasVersion2
        ? (new NodeCondition(LoopbackClosedToGuests, ConditionStatus.True, "LoopbackDenied", "The kernel keeps guests with a user network off the host's loopback.", ""), ConditionSeverity.Info)
        : (new NodeCondition(
            LoopbackClosedToGuests, ConditionStatus.False, "LoopbackOpen",
            "A guest with an unrestricted user network reaches what listens on the host's loopback (10.0.2.2): "
            + (unitsConfine ? "control groups of version 1 alone cannot deny it addresses." : "it is in no unit of systemd that would deny it addresses."),
            unitsConfine
                ? "Boot the host with control groups of version 2 (systemd.unified_cgroup_hierarchy=1), or give guests that nobody trusts a restricted network or none."
                : "Give guests that nobody trusts a restricted network or none."),
            ConditionSeverity.Info);
}
