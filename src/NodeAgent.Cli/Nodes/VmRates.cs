using Google.Protobuf.WellKnownTypes;
using NodeAgent.V1;

namespace NodeAgent.Cli.Nodes;

/// <summary>What a VM does per second, from two samples of its counters.</summary>
/// <param name="CpuPercent">CPU time of its QEMU, 100 for one full CPU.</param>
/// <param name="ReadBytes">Bytes read from all disks per second.</param>
/// <param name="WrittenBytes">Bytes written to all disks per second.</param>
/// <param name="ReceivedBytes">Bytes received on all networks per second.</param>
/// <param name="TransmittedBytes">Bytes sent on all networks per second.</param>
internal sealed record VmRates(double CpuPercent, double ReadBytes, double WrittenBytes, double ReceivedBytes, double TransmittedBytes)
{
    /// <summary>The rates between two samples of one run; null when they are the same sample or counters went back.</summary>
    public static VmRates? Between(VmStats? before, VmStats? after)
    {
        if (before?.SampleTime is null || after?.SampleTime is null || after.SampleTime <= before.SampleTime)
        {
            return null;
        }

        var seconds = (after.SampleTime.ToDateTime() - before.SampleTime.ToDateTime()).TotalSeconds;
        var rates = new VmRates(
            100 * (Seconds(after.CpuTime) - Seconds(before.CpuTime)) / seconds,
            (after.Blocks.Sum(b => b.ReadBytes) - before.Blocks.Sum(b => b.ReadBytes)) / seconds,
            (after.Blocks.Sum(b => b.WrittenBytes) - before.Blocks.Sum(b => b.WrittenBytes)) / seconds,
            (after.Networks.Sum(n => n.ReceivedBytes) - before.Networks.Sum(n => n.ReceivedBytes)) / seconds,
            (after.Networks.Sum(n => n.TransmittedBytes) - before.Networks.Sum(n => n.TransmittedBytes)) / seconds);
        return rates is { CpuPercent: >= 0, ReadBytes: >= 0, WrittenBytes: >= 0, ReceivedBytes: >= 0, TransmittedBytes: >= 0 } ? rates : null;
    }

    private static double Seconds(Duration? duration) => duration is null ? 0 : duration.Seconds + (duration.Nanos / 1e9);
}
