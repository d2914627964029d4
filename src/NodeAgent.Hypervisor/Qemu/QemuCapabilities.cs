using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What the installed QEMU said it can do. Asked, not concluded from a version.</summary>
public sealed record QemuCapabilities
{
    /// <summary>Absolute path of the binary that was asked.</summary>
    public required string Binary { get; init; }

    /// <summary>Its version: "7.2.22".</summary>
    public required string Version { get; init; }

    /// <summary>The package's own version text; empty where there is none.</summary>
    public string Package { get; init; } = "";

    /// <summary>Accelerators of the binary: "kvm", "tcg".</summary>
    public required ImmutableArray<string> Accelerators { get; init; }

    /// <summary>Whether KVM was in use when it was asked, so that <see cref="QemuCpuModel.Usable"/> means something.</summary>
    public required bool KvmEnabled { get; init; }

    /// <summary>Machine types.</summary>
    public required ImmutableArray<QemuMachine> Machines { get; init; }

    /// <summary>CPU models.</summary>
    public required ImmutableArray<QemuCpuModel> CpuModels { get; init; }

    /// <summary>Device types that can be created, sorted.</summary>
    public required ImmutableArray<string> Devices { get; init; }

    /// <summary>Object types that can be created, sorted.</summary>
    public required ImmutableArray<string> Objects { get; init; }

    /// <summary>Command line options that describe themselves, sorted.</summary>
    public required ImmutableArray<string> Options { get; init; }

    /// <summary>QMP commands, sorted.</summary>
    public required ImmutableArray<string> Commands { get; init; }

    /// <summary>Network backends, sorted: "user", "tap", …</summary>
    public required ImmutableArray<string> NetworkBackends { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset ProbeTime { get; init; }

    /// <summary>Whether it can show a display by VNC.</summary>
    public bool HasVnc => HasOption("vnc");

    /// <summary>Whether it can show a display by SPICE, in the binary or by a module that is installed.</summary>
    public bool HasSpice { get; init; }

    /// <summary>Whether it can confine itself with seccomp.</summary>
    public bool HasSandbox => HasOption("sandbox");

    /// <summary>Whether the binary has this accelerator; whether the host can use it is another question.</summary>
    public bool HasAccelerator(Accelerator accelerator) =>
        Accelerators.Contains(accelerator == Accelerator.Kvm ? "kvm" : "tcg");

    /// <summary>Whether the option is there.</summary>
    public bool HasOption(string name) => Options.BinarySearch(name, StringComparer.Ordinal) >= 0;

    /// <summary>Whether the device type can be created.</summary>
    public bool HasDevice(string type) => Devices.BinarySearch(type, StringComparer.Ordinal) >= 0;

    /// <summary>The machine of this name or alias.</summary>
    public QemuMachine? FindMachine(string name) => Machines.FirstOrDefault(machine => machine.Name == name || machine.Alias == name);

    /// <summary>The CPU model of this name.</summary>
    public QemuCpuModel? FindCpuModel(string name) => CpuModels.FirstOrDefault(model => model.Name == name);
}

/// <summary>A machine type.</summary>
/// <param name="Name">The versioned name: "pc-q35-7.2".</param>
/// <param name="Alias">The short name: "q35"; <c>null</c> for older versions.</param>
/// <param name="MaxVcpus">Most virtual CPUs.</param>
/// <param name="IsDefault">Whether QEMU takes it when none is named.</param>
/// <param name="Deprecated">Whether it will be removed from QEMU.</param>
public sealed record QemuMachine(string Name, string? Alias, int MaxVcpus, bool IsDefault, bool Deprecated);

/// <summary>A CPU model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Usable">Whether this host has all of it under KVM; <c>null</c> where KVM could not be asked.</param>
/// <param name="UnavailableFeatures">What is missing under KVM.</param>
/// <param name="Deprecated">Whether it will be removed from QEMU.</param>
public sealed record QemuCpuModel(string Name, bool? Usable, ImmutableArray<string> UnavailableFeatures, bool Deprecated);
