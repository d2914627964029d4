using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>
/// What a VM is meant to be: immutable, complete, and independent of QEMU, gRPC and the ledger.
/// Values that the caller left open stay open here (<c>null</c>); what they become is decided at each start.
/// </summary>
public sealed record VmSpec
{
    /// <summary>The guest's processors.</summary>
    public required CpuSpec Cpu { get; init; }

    /// <summary>RAM of the guest in bytes: 1 MiB to 16 TiB, a multiple of 1 MiB.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>"q35", "pc", "microvm" or a versioned type of QEMU's list.</summary>
    public string Machine { get; init; } = "q35";

    /// <summary>What executes the guest's instructions.</summary>
    public AcceleratorChoice Accelerator { get; init; } = AcceleratorChoice.Auto;

    /// <summary>What the guest's first instruction belongs to, unless <see cref="Kernel"/> is set.</summary>
    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>A kernel that QEMU loads itself; <c>null</c> boots from the firmware.</summary>
    public DirectKernel? Kernel { get; init; }

    /// <summary>Disks, in the order the guest finds them.</summary>
    public ImmutableArray<DiskSpec> Disks { get; init; } = [];

    /// <summary>Network interfaces, in the order the guest finds them.</summary>
    public ImmutableArray<NetworkInterfaceSpec> NetworkInterfaces { get; init; } = [];

    /// <summary>Whether the guest gets a virtio-rng device.</summary>
    public bool Rng { get; init; } = true;

    /// <summary>Whether the guest gets a virtio-balloon device; ignored by microvm.</summary>
    public bool Balloon { get; init; } = true;

    /// <summary>The serial console; <c>null</c> for none.</summary>
    public ConsoleSpec? Console { get; init; } = new();

    /// <summary>The display; <c>null</c> for none.</summary>
    public DisplaySpec? Display { get; init; }

    /// <summary>Names of disks and network interfaces in the order the firmware tries them; empty for the natural order.</summary>
    public ImmutableArray<string> BootOrder { get; init; } = [];

    /// <summary>What happens when the guest's kernel panics.</summary>
    public PanicAction OnPanic { get; init; } = PanicAction.Pause;

    /// <summary>What happens when the guest stops feeding its watchdog; <c>null</c> for no watchdog device.</summary>
    public WatchdogAction? Watchdog { get; init; }

    /// <summary>What happens after QEMU died by itself.</summary>
    public RestartPolicy Restart { get; init; } = new();

    /// <summary>Start with the host; <c>null</c> for no.</summary>
    public AutostartSpec? Autostart { get; init; }

    /// <summary>How a shutdown is carried out.</summary>
    public ShutdownPolicy Shutdown { get; init; } = new();

    /// <summary>How much of the host it may use.</summary>
    public ResourceSpec Resources { get; init; } = new();
}
