using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// How a VM was really started: everything that re-attachment and, later, migration rely on. Recorded at the start and
/// never recomputed for a guest that runs.
/// </summary>
public sealed record BootContract
{
    /// <summary>Absolute path of QEMU.</summary>
    public required string QemuBinary { get; init; }

    /// <summary>Its version, as it said itself.</summary>
    public required string QemuVersion { get; init; }

    /// <summary>The versioned machine type, such as <c>pc-q35-7.2</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>The CPU model.</summary>
    public required string CpuModel { get; init; }

    /// <summary>What executes the guest's instructions.</summary>
    public required Accelerator Accelerator { get; init; }

    /// <summary>Why it was picked, for people.</summary>
    public required string AcceleratorReason { get; init; }

    /// <summary>What speaks against this accelerator here; <c>null</c> when nothing does.</summary>
    public string? AcceleratorDoubt { get; init; }

    /// <summary>The argument list, without the program's own name.</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>Where each device sits.</summary>
    public required ImmutableArray<DeviceAddress> Devices { get; init; }

    /// <summary>Generation of the definition that it was made from.</summary>
    public required long SpecGeneration { get; init; }
}

/// <summary>What executes a guest's instructions, as decided.</summary>
public enum Accelerator
{
    /// <summary>The kernel's.</summary>
    Kvm,

    /// <summary>QEMU's own translator.</summary>
    Tcg,
}

/// <summary>Where a device sits.</summary>
/// <param name="Name">Its name in the spec, or of a device that every VM has ("rng", "balloon").</param>
/// <param name="DeviceId">QEMU's device id.</param>
/// <param name="Driver">QEMU's type, such as <c>virtio-blk-pci</c>.</param>
/// <param name="Address">Bus and slot, such as <c>pcie.0/02.0</c>.</param>
public sealed record DeviceAddress(string Name, string DeviceId, string Driver, string Address);

/// <summary>
/// Says how a VM would be started here and now: checks the spec against this host and makes the boot contract.
/// </summary>
/// <param name="definition">The VM.</param>
/// <param name="directory">Where its sockets will be.</param>
/// <param name="cancellationToken">Ends the wait for what is still being found out about the host.</param>
/// <returns>The contract. Nothing is started or changed.</returns>
public delegate Task<BootContract> BootPlanner(VmDefinition definition, RunDirectory directory, CancellationToken cancellationToken);
