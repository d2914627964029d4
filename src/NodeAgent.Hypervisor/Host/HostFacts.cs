using System.Collections.Immutable;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Host;

/// <summary>What this host is, at one moment.</summary>
/// <param name="Identity">Which machine, which boot.</param>
/// <param name="Os">The distribution.</param>
/// <param name="Kernel">The running kernel.</param>
/// <param name="Cpu">The processors.</param>
/// <param name="Memory">The memory.</param>
/// <param name="Hugepages">The host's huge pages, smallest first; those of a node are in
/// <paramref name="NumaNodes"/>.</param>
/// <param name="NumaNodes">The NUMA nodes; none on a kernel without NUMA.</param>
/// <param name="PciDevices">The PCI devices, by address.</param>
/// <param name="IommuGroups">How many IOMMU groups there are; 0 when no IOMMU is in use.</param>
/// <param name="Pressure">What tasks wait for.</param>
public sealed record HostFacts(
    MachineIdentity Identity,
    OsRelease Os,
    KernelRelease Kernel,
    CpuFacts Cpu,
    MemoryInfo Memory,
    ImmutableArray<HugepagePool> Hugepages,
    ImmutableArray<NumaNode> NumaNodes,
    ImmutableArray<PciDevice> PciDevices,
    int IommuGroups,
    PressureFacts Pressure);
