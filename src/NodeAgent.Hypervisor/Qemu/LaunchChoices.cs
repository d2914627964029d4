using System.Collections.Immutable;
using NodeAgent.Hypervisor.Devices;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What a spec leaves open and a start decides: everything that <see cref="CommandLine"/> needs beside the spec.</summary>
public sealed record LaunchChoices
{
    /// <summary>The QEMU to start.</summary>
    public required QemuCapabilities Qemu { get; init; }

    /// <summary>The accelerator, with its reason.</summary>
    public required AcceleratorDecision.Use Accelerator { get; init; }

    /// <summary>Where the VM's sockets are.</summary>
    public required RunDirectory Directory { get; init; }

    /// <summary>Where QEMU finds the descriptors it is given.</summary>
    public GuestChannels Channels { get; init; } = GuestChannels.Default;

    /// <summary>The disks' images, in the order of the spec.</summary>
    public ImmutableArray<DiskImage> Disks { get; init; } = [];

    /// <summary>The kernel's files, or <c>null</c>.</summary>
    public KernelImage? Kernel { get; init; }
}
