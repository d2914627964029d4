using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>One sample of what a VM has used so far. Counters begin with the QEMU process.</summary>
public sealed record VmStats
{
    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>CPU time of each virtual CPU's thread, by index.</summary>
    public ImmutableArray<VcpuStats> Vcpus { get; init; } = [];

    /// <summary>Resident memory of the process in bytes.</summary>
    public long RssBytes { get; init; }

    /// <summary>CPU time of the whole process.</summary>
    public TimeSpan CpuTime { get; init; }

    /// <summary>Traffic of each disk.</summary>
    public ImmutableArray<BlockStats> Blocks { get; init; } = [];

    /// <summary>What the balloon leaves to the guest, in bytes; <c>null</c> without a balloon.</summary>
    public long? BalloonBytes { get; init; }
}

/// <summary>One virtual CPU.</summary>
/// <param name="Index">From 0.</param>
/// <param name="CpuTime">Time its thread has run on the host.</param>
/// <param name="Exits">KVM exits; <c>null</c> where nobody tells.</param>
public sealed record VcpuStats(int Index, TimeSpan CpuTime, long? Exits);

/// <summary>One disk.</summary>
/// <param name="Name">Its name in the spec.</param>
/// <param name="ReadBytes">Bytes read.</param>
/// <param name="WrittenBytes">Bytes written.</param>
/// <param name="Reads">Read operations.</param>
/// <param name="Writes">Write operations.</param>
/// <param name="Flushes">Flush operations.</param>
public sealed record BlockStats(string Name, long ReadBytes, long WrittenBytes, long Reads, long Writes, long Flushes);
