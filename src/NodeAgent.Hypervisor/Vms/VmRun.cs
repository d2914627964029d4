using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>One life of a VM's QEMU process, the same before and after the agent's restarts.</summary>
public sealed record VmRun
{
    /// <summary>Id of the run; a new one at each start.</summary>
    public required Guid Id { get; init; }

    /// <summary>The process; <c>null</c> until it is spawned.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>When the start began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>The spec that it was started from; <c>null</c> where that is not known.</summary>
    public VmSpec? Spec { get; init; }

    /// <summary>The boot contract.</summary>
    public required BootContract Boot { get; init; }
}
