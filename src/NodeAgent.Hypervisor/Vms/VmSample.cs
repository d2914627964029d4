using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Takes one sample of a VM: what procfs tells for nothing, and what only QEMU knows, on the second line.</summary>
internal static class VmSample
{
    private static readonly StatsArguments ExitCounters = new(StatsTarget.Vcpu, [new StatsRequest("kvm", ["exits"])]);

    public static async Task<VmStats> TakeAsync(LiveQemu live, QemuMonitor monitor, TimeProvider time, CancellationToken cancellationToken)
    {
        var blocks = await monitor.ObserveAsync(QmpCommands.QueryBlockStats, new BlockStatsArguments(), cancellationToken);
        var cpus = await monitor.ObserveAsync(QmpCommands.QueryCpusFast, QmpEmpty.Value, cancellationToken);
        var exits = live.Run.Boot.Accelerator is Accelerator.Kvm ? await ExitsAsync(monitor, cancellationToken) : [];
        var usage = live.Process.ReadUsage() ?? default;
        return new VmStats
        {
            Time = time.GetUtcNow(),
            RssBytes = usage.RssBytes,
            CpuTime = usage.CpuTime,
            Vcpus = [.. cpus.Select(cpu => new VcpuStats(
                cpu.CpuIndex, live.Process.ReadUsage(cpu.ThreadId)?.CpuTime ?? TimeSpan.Zero, exits.TryGetValue(cpu.QomPath, out var count) ? count : null))],
            Blocks = [.. blocks.Select(block => Block(block, live.Run.Boot)).Where(block => block is not null).Select(block => block!)],
            BalloonBytes = live.Run.Boot.Devices.Any(device => device.Name == "balloon") ? await BalloonAsync(monitor, cancellationToken) : null,
        };
    }

    /// <summary>KVM exits by vCPU; empty where this QEMU or this kernel does not tell.</summary>
    private static async Task<Dictionary<string, long>> ExitsAsync(QemuMonitor monitor, CancellationToken cancellationToken)
    {
        try
        {
            var results = await monitor.ObserveAsync(QmpCommands.QueryStats, ExitCounters, cancellationToken);
            return results.Where(result => result.QomPath is not null && result.Stats.Count > 0)
                .ToDictionary(result => result.QomPath!, result => (long)result.Stats[0].Value.Scalar);
        }
        catch (QmpException refusal) when (refusal.Error is QmpError.CommandFailed)
        {
            return [];
        }
    }

    private static BlockStats? Block(BlockStatsInfo info, BootContract boot) =>
        (info.Qdev ?? info.Device) is { Length: > 0 } id
            ? new BlockStats(
                NameOf(id, boot), info.Stats.ReadBytes, info.Stats.WriteBytes, info.Stats.ReadOperations, info.Stats.WriteOperations, info.Stats.FlushOperations)
            : null;

    // QEMU gives the path of the device in its object tree, and somewhere in it the device's id; the boot contract has its name in the spec.
    private static string NameOf(string path, BootContract boot)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var at = Array.IndexOf(parts, "peripheral");
        var id = at >= 0 && at + 1 < parts.Length ? parts[at + 1] : path;
        return boot.Devices.FirstOrDefault(device => device.DeviceId == id)?.Name ?? id;
    }

    private static async Task<long?> BalloonAsync(QemuMonitor monitor, CancellationToken cancellationToken)
    {
        try
        {
            return (await monitor.ObserveAsync(QmpCommands.QueryBalloon, QmpEmpty.Value, cancellationToken)).Actual;
        }
        catch (QmpException refusal) when (refusal.Error is QmpError.CommandFailed)
        {
            return null;
        }
    }
}
