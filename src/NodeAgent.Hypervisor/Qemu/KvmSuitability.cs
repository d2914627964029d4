namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What the host's KVM is good for, as far as a start must know.</summary>
/// <param name="Fitness">The verdict.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record KvmSuitability(KvmFitness Fitness, string Reason);

/// <summary>The verdict on the host's KVM.</summary>
public enum KvmFitness
{
    /// <summary>It is not there, may not be used, or failed its self-test.</summary>
    Unavailable,

    /// <summary>It runs small guests, but emulates their kernel code: 64-bit kernels hang.</summary>
    EmulatedOnly,

    /// <summary>It runs guests of all kinds at the processor's speed.</summary>
    Fit,
}
