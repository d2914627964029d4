using System.Collections.Immutable;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Everything that is published of a VM at one moment. Immutable: readers keep it as long as they like.</summary>
public sealed record VmSnapshot
{
    /// <summary>What it is meant to be.</summary>
    public required VmDefinition Definition { get; init; }

    /// <summary>What it is.</summary>
    public required VmState State { get; init; }

    /// <summary>Since when it is in this state.</summary>
    public required DateTimeOffset StateTime { get; init; }

    /// <summary>Its process and boot contract; <c>null</c> while stopped.</summary>
    public VmRun? Run { get; init; }

    /// <summary>How the last run ended; <c>null</c> before the first.</summary>
    public VmExit? LastExit { get; init; }

    /// <summary>What is wrong with it besides its state.</summary>
    public ImmutableArray<VmCondition> Conditions { get; init; } = [];

    /// <summary>The operation under way.</summary>
    public Guid? OperationId { get; init; }

    /// <summary>Restarts in a row by the restart policy.</summary>
    public int RestartCount { get; init; }

    /// <summary>When the next restart is due.</summary>
    public DateTimeOffset? NextRestart { get; init; }

    /// <summary>Fields of the spec that take effect at the next start; limits that systemd has not taken yet are tried again.</summary>
    public ImmutableArray<string> PendingFields =>
        (Run?.Spec ?? GoesOnAs) is { } running ? Spec.PendingFields.Of(running, Definition.Spec) : [];

    /// <summary>What the guest really has: the spec that it was started from while it runs, otherwise the one of its next start.</summary>
    public VmSpec SpecInForce => Run?.Spec ?? Definition.Spec;

    // A guest that goes on from disk gets the limits of the spec as it is then.
    private VmSpec? GoesOnAs => Saved is { } saved ? saved.Spec with { Resources = Definition.Spec.Resources } : null;

    /// <summary>Its state on disk, from which its next start goes on; <c>null</c> where there is none.</summary>
    public SavedState? Saved { get; init; }

    /// <summary>Counts every change.</summary>
    public long Revision { get; init; }
}
