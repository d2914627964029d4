using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>The answer of <see cref="AcceleratorPolicy"/>.</summary>
public abstract record AcceleratorDecision
{
    private AcceleratorDecision()
    {
    }

    /// <summary>Use this one.</summary>
    /// <param name="Accelerator">Which.</param>
    /// <param name="CpuModel">The CPU model to take when the spec names none.</param>
    /// <param name="Reason">Why, for people.</param>
    /// <param name="Warning">What may go wrong with it, or <c>null</c>.</param>
    public sealed record Use(Accelerator Accelerator, string CpuModel, string Reason, string? Warning = null) : AcceleratorDecision;

    /// <summary>What was asked for is not to be had here.</summary>
    /// <param name="Violation">Why, and what would help.</param>
    public sealed record Refuse(FieldViolation Violation) : AcceleratorDecision;
}
