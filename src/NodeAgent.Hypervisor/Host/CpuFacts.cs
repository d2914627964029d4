using System.Collections.Immutable;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Host;

/// <summary>The host's processors.</summary>
/// <param name="Model">What the processor calls itself.</param>
/// <param name="Cpus">Every logical CPU that is present, with its place.</param>
public sealed record CpuFacts(CpuModel Model, ImmutableArray<LogicalCpu> Cpus)
{
    /// <summary>Sockets with an online CPU.</summary>
    public int Sockets => Placed.Select(cpu => cpu.SocketId).Distinct().Count();

    /// <summary>Dies with an online CPU, in all sockets.</summary>
    public int Dies => Placed.Select(cpu => (cpu.SocketId, cpu.DieId)).Distinct().Count();

    /// <summary>Cores with an online CPU, in all sockets.</summary>
    public int Cores => Placed.Select(cpu => (cpu.SocketId, cpu.DieId, cpu.CoreId)).Distinct().Count();

    /// <summary>Online logical CPUs.</summary>
    public int OnlineCpus => Cpus.Count(cpu => cpu.Online);

    private IEnumerable<LogicalCpu> Placed => Cpus.Where(cpu => cpu.SocketId is not null);
}
