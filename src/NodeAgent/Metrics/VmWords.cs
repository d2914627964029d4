using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Metrics;

/// <summary>Words of VMs as label values: closed sets.</summary>
internal static class VmWords
{
    /// <summary>All states.</summary>
    public static IReadOnlyList<string> States { get; } = ["stopped", "starting", "running", "paused", "stopping", "unknown", "quarantined"];

    public static string Of(VmState state) => state switch
    {
        VmState.Stopped => "stopped",
        VmState.Starting => "starting",
        VmState.Running => "running",
        VmState.Paused => "paused",
        VmState.Stopping => "stopping",
        VmState.Unknown => "unknown",
        VmState.Quarantined => "quarantined",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}
