using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Host;

/// <summary>
/// Reads the host's facts from procfs, sysfs and /etc. What a host does not tell is null, empty or 0.
/// </summary>
/// <param name="root">The folder that stands for the root of the file system; another than "/" is a fake tree.</param>
public sealed class HostFactsReader(string root = "/")
{
    private readonly KernelFiles _files = new(root);

    /// <summary>Which machine it is said to be; <c>null</c> to read that too.</summary>
    public MachineIdentity? Identity { get; init; }

    /// <summary>Reads everything.</summary>
    public HostFacts Read() => new(
        Identity ?? MachineIdentity.Read(_files),
        OsRelease.Read(_files),
        KernelRelease.Read(_files),
        new CpuFacts(CpuModel.Read(_files), LogicalCpu.ReadAll(_files)),
        MemoryInfo.Read(_files),
        HugepagePool.ReadHost(_files),
        NumaNode.ReadAll(_files),
        PciDevice.ReadAll(_files),
        _files.Names("sys/kernel/iommu_groups").Count,
        ReadPressure());

    /// <summary>Reads again what changes all the time: memory, huge pages, NUMA nodes and pressure.</summary>
    public HostFacts Refresh(HostFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return facts with
        {
            Memory = MemoryInfo.Read(_files),
            Hugepages = HugepagePool.ReadHost(_files),
            NumaNodes = NumaNode.ReadAll(_files),
            Pressure = ReadPressure(),
        };
    }

    private PressureFacts ReadPressure() => new(
        PressureInfo.Read(_files, "cpu"), PressureInfo.Read(_files, "memory"), PressureInfo.Read(_files, "io"));
}
