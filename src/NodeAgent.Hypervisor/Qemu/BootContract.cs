using System.Collections.Immutable;
using NodeAgent.Hypervisor.Devices;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// What a run was started with, in full: re-attachment and, later, migration rely on it. Kept in the ledger; members may
/// be added, never renamed.
/// </summary>
public sealed record BootContract
{
    /// <summary>Absolute path of QEMU.</summary>
    public required string QemuBinary { get; init; }

    /// <summary>Its version.</summary>
    public required string QemuVersion { get; init; }

    /// <summary>The versioned machine type.</summary>
    public required string Machine { get; init; }

    /// <summary>The CPU model.</summary>
    public required string CpuModel { get; init; }

    /// <summary>The argument list, without the program's own name.</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>Where the devices sit.</summary>
    public required ImmutableArray<DeviceAddress> Devices { get; init; }

    /// <summary>The files that are handed over by descriptor; none on record of a run of an older agent.</summary>
    public ImmutableArray<BootFile> Files { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The files that QEMU reads by path: a kernel and its RAM disk.</summary>
    public ImmutableArray<string> ReadFiles { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Generation of the definition that it was made from.</summary>
    public required long SpecGeneration { get; init; }

    /// <summary>What executes the guest's instructions.</summary>
    public required Accelerator Accelerator { get; init; }

    /// <summary>Why this one.</summary>
    public required string AcceleratorReason { get; init; }

    /// <summary>What may go wrong with it, or <c>null</c>.</summary>
    public string? AcceleratorWarning { get; init; }
}
