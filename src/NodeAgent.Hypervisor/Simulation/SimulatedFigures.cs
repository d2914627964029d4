using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>
/// What a simulated guest seems to use: a function of its id, its spec and the time it has run, so that each is busy in its
/// own way, counters only grow, and the same run has the same figures.
/// </summary>
internal sealed class SimulatedFigures(Guid id, VmSpec spec)
{
    private readonly byte[] _traits = id.ToByteArray();

    public int Vcpus => spec.Cpu.Vcpus;

    /// <summary>What the guest has left of its memory.</summary>
    public long BalloonBytes => spec.MemoryBytes;

    // Up to a half of each virtual CPU.
    private double Busy => _traits[15] / 512.0;

    /// <summary>The thread of a virtual CPU.</summary>
    public static int ThreadOf(int vcpu) => vcpu + 1;

    /// <summary>CPU time and memory.</summary>
    /// <param name="ran">How long it has run.</param>
    /// <param name="threadId">The thread of one virtual CPU, or <c>null</c> for all of it.</param>
    public ProcUsage Usage(TimeSpan ran, int? threadId) => new(
        ran * Busy * (threadId is null ? Vcpus : 1), spec.MemoryBytes / 512 * (128 + _traits[14]));

    /// <summary>Operations and bytes of a disk: up to 25 a second of 4 KiB.</summary>
    public (long Operations, long Bytes) Traffic(TimeSpan ran, int disk)
    {
        var operations = (long)(ran.TotalSeconds * (_traits[13] + disk) / 10);
        return (operations, operations * 4096);
    }
}
