namespace NodeAgent.Hypervisor.Spec;

/// <summary>How much of the host a VM may use; what is not set has a default that fits the VM. In force where systemd runs the VM.</summary>
public sealed record ResourceSpec
{
    /// <summary>Share of the processors among VMs that compete, 1 to 10,000; 100 when not set.</summary>
    public int? CpuWeight { get; init; }

    /// <summary>Most processor time, in percent of one processor, 1 to 102,400; no limit when not set.</summary>
    public int? CpuQuotaPercent { get; init; }

    /// <summary>Share of the disks among VMs that compete, 1 to 10,000; 100 when not set.</summary>
    public int? IoWeight { get; init; }

    /// <summary>Most memory of the whole VM, QEMU's own included, in bytes; the guest's and a measured overhead when not set.</summary>
    public long? MemoryMaxBytes { get; init; }
}
