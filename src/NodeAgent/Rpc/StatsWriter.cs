using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>A sample as the contract's VmStats.</summary>
internal static class StatsWriter
{
    public static V1.VmStats Write(VmStats stats) => new()
    {
        SampleTime = stats.Time.ToTimestamp(),
        Vcpus = { stats.Vcpus.Select(Write) },
        RssBytes = stats.RssBytes,
        CpuTime = stats.CpuTime.ToDuration(),
        Blocks = { stats.Blocks.Select(Write) },
        BalloonBytes = stats.BalloonBytes ?? 0,
    };

    private static V1.VcpuStats Write(VcpuStats vcpu)
    {
        var stats = new V1.VcpuStats { Index = vcpu.Index, CpuTime = vcpu.CpuTime.ToDuration() };
        if (vcpu.Exits is { } exits)
        {
            stats.Exits = exits;
        }

        return stats;
    }

    private static V1.BlockStats Write(BlockStats block) => new()
    {
        Name = block.Name,
        ReadBytes = block.ReadBytes,
        WrittenBytes = block.WrittenBytes,
        ReadOperations = block.Reads,
        WriteOperations = block.Writes,
        FlushOperations = block.Flushes,
    };
}
