using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Systemd;

/// <summary>The one line that <c>systemctl status</c> shows while the agent serves.</summary>
internal static class ServiceStatus
{
    // What runs comes first, what needs a look next, what is as it should be last.
    private static readonly string[] s_order = ["running", "starting", "stopping", "paused", "unknown", "quarantined", "stopped"];

    /// <summary>A state in one word.</summary>
    public static string WordOf(VmState state) => state switch
    {
        VmState.Running => "running",
        VmState.Starting => "starting",
        VmState.Stopping => "stopping",
        VmState.Paused => "paused",
        VmState.Unknown => "unknown",
        VmState.Quarantined => "quarantined",
        _ => "stopped",
    };

    /// <summary>Composes it: "12 VMs running, 1 unknown; ledger ok".</summary>
    /// <param name="states">One word for each VM.</param>
    /// <param name="ledger">How the ledger fares.</param>
    /// <param name="reload">What came of the last reload; <c>null</c> before the first.</param>
    /// <param name="trouble">What the watchdog misses; <c>null</c> when nothing.</param>
    public static string Compose(IEnumerable<string> states, LedgerState ledger, ReloadOutcome? reload, string? trouble)
    {
        ArgumentNullException.ThrowIfNull(states);
        var counts = states.GroupBy(state => state).ToDictionary(group => group.Key, group => group.Count());
        var vms = s_order.Where(counts.ContainsKey)
            .Select((word, i) => (i, counts[word]) switch
            {
                (0, 1) => $"1 VM {word}",
                (0, var count) => $"{count} VMs {word}",
                (_, var count) => $"{count} {word}",
            });
        string?[] parts =
        [
            counts.Count == 0 ? "no VMs" : string.Join(", ", vms),
            $"ledger {ledger.ToString().ToLowerInvariant()}",
            reload is { IsGood: false }
                ? $"the last reload failed ({reload.Problems.Length} fault{(reload.Problems.Length == 1 ? "" : "s")}), the old configuration is in force"
                : null,
            trouble,
        ];
        return string.Join("; ", parts.Where(part => part is not null));
    }
}
