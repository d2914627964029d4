using Google.Protobuf.WellKnownTypes;
using NodeAgent.Bindings.Linux;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Host;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>The node as the contract's.</summary>
internal sealed class NodeWriter(NodeIdentity identity, AgentLife life, ConditionBook conditions, Func<RecoveryReport?> recovery, MaintenanceWriter maintenance)
{
    /// <summary>Writes it.</summary>
    /// <param name="facts">What was found out.</param>
    /// <param name="full">Whether with what is long.</param>
    /// <param name="scope">The VMs that its reader may know of; <c>null</c> for all.</param>
    public V1.Node Write(NodeFacts facts, bool full, VmScope? scope = null)
    {
        var host = facts.Host;
        return new V1.Node
        {
            Id = identity.Id.ToString(),
            Hostname = host.Identity.Hostname ?? "",
            MachineId = host.Identity.MachineId ?? "",
            BootId = host.Identity.BootId?.ToString() ?? "",
            BootTime = host.Identity.BootTime?.ToTimestamp(),
            Os = host.Os.PrettyName,
            Kernel = host.Kernel.Release ?? "",
            Agent = Agent(),
            Kvm = facts.Kvm is { } kvm ? KvmWriter.Write(kvm, facts.Time, full) : null,
            Qemu = facts.Qemu is QemuProbeResult.Answered answered ? QemuWriter.Write(answered, full) : null,
            Cpu = Write(host.Cpu, host.NumaNodes),
            NumaNodes = { host.NumaNodes.Select(Write) },
            Hugepages = { host.Hugepages.Select(Write) },
            Memory = new V1.MemoryInfo
            {
                TotalBytes = host.Memory.TotalBytes,
                AvailableBytes = host.Memory.AvailableBytes,
                SwapTotalBytes = host.Memory.SwapTotalBytes,
                SwapFreeBytes = host.Memory.SwapFreeBytes,
            },
            PciDevices = { full ? host.PciDevices.Select(Write) : [] },
            Conditions = { conditions.Read(facts).Select(one => ConditionWriter.Write(one.Condition, one.Severity, one.Since)) },
            ObserveTime = facts.Time.ToTimestamp(),
            Maintenance = maintenance.Write(scope ?? VmScope.Everything),
        };
    }

    private V1.AgentInfo Agent() => new()
    {
        Version = identity.Version,
        Epoch = life.Epoch,
        StartTime = life.StartTime.ToTimestamp(),
        Pid = Environment.ProcessId,
        StateDir = identity.StateDirectory,
        RunDir = identity.RunDirectory,
        Launcher = identity.Launcher,
        Recovery = recovery() is { } report
            ? new V1.RecoveryReport
            {
                Adopted = report.Adopted,
                Stopped = report.Stopped,
                Quarantined = report.Quarantined,
                OperationsSettled = report.OperationsSettled,
                Duration = report.Duration.ToDuration(),
                Done = true,
            }
            : new V1.RecoveryReport(),
    };

    private static V1.CpuInfo Write(CpuFacts cpu, IReadOnlyCollection<NumaNode> nodes) => new()
    {
        Model = cpu.Model.Name ?? "",
        Vendor = cpu.Model.Vendor ?? "",
        Microcode = cpu.Model.Microcode ?? "",
        Sockets = cpu.Sockets,
        Cores = cpu.Cores,
        Logical = cpu.OnlineCpus,
        Cpus =
        {
            cpu.Cpus.Select(one => new V1.LogicalCpu
            {
                Id = one.Id,
                Socket = one.SocketId ?? 0,
                Die = one.DieId ?? 0,
                Core = one.CoreId ?? 0,
                NumaNode = nodes.FirstOrDefault(node => node.Cpus.Contains(one.Id))?.Id ?? 0,
                ThreadSiblings = { one.ThreadSiblings },
                Online = one.Online,
            }),
        },
    };

    private static V1.NumaNode Write(NumaNode node) => new()
    {
        Id = node.Id,
        Cpus = { node.Cpus },
        MemoryTotalBytes = node.TotalBytes,
        MemoryFreeBytes = node.FreeBytes,
        Distances = { node.Distances.Values },
        Hugepages = { node.Hugepages.Select(Write) },
    };

    private static V1.HugepagePool Write(HugepagePool pool) => new()
    {
        PageSizeBytes = pool.PageBytes,
        Total = pool.Total,
        Free = pool.Free,
        Reserved = pool.Reserved ?? 0,
    };

    private static V1.PciDevice Write(PciDevice device)
    {
        var written = new V1.PciDevice
        {
            Address = device.Address,
            VendorId = $"{device.VendorId:x4}",
            DeviceId = $"{device.DeviceId:x4}",
            ClassCode = $"{device.ClassId:x6}",
            Driver = device.Driver ?? "",
        };
        if (device.NumaNode is { } node)
        {
            written.NumaNode = node;
        }

        if (device.IommuGroup is { } group)
        {
            written.IommuGroup = group;
        }

        return written;
    }
}
