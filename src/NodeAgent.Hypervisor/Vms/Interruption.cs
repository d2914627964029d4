using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What the agent was doing with a VM when it ended, and the operation that told of it.</summary>
internal sealed record Interruption(IntentRow Intent, OperationHandle? Operation)
{
    /// <summary>Whether the start was to leave the guest's CPUs standing.</summary>
    public bool LeavePaused => Intent.Phase == "paused";

    /// <summary>What was under way; <c>null</c> for a word of another version.</summary>
    public VmWork? Work => Enum.TryParse<VmWork>(Intent.Kind, out var work) ? work : null;

    /// <summary>The work, to be settled or taken up again.</summary>
    public VmJob? ToJob() => Work is { } work ? ToJob(work) : null;

    /// <summary>The operation with other work under it.</summary>
    public VmJob ToJob(VmWork work) => new(work, null, Operation, Intent.RunId);
}
