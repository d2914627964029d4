using System.Globalization;
using System.Text.Json.Nodes;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>
/// Where each device sits. A place depends on the device's kind and its index in the spec, and on nothing else:
/// taking a device away moves no other, so that a guest finds what it found before.
/// <code>
///              q35 (pcie.0)                 pc (pci.0)      microvm (virtio-mmio-bus.N)
/// display      slot 01                      slot 02         –
/// rng          slot 02                      slot 03         0
/// balloon      slot 03                      slot 04         –
/// watchdog     slot 04                      slot 05         –
/// disk i       root port i                  slot 08 + i     1 + i
/// network j    root port 16 + j             slot 18 + j     17 + j
/// root port p  slot 10 + p/8, function p%8
/// </code>
/// Slots are hexadecimal. On q35 disks and networks sit behind a root port each, because only there PCI Express lets a
/// device be taken out of a running guest.
/// </summary>
internal static class MachineLayout
{
    private const int FirstPortSlot = 0x10;
    private const int FunctionsPerSlot = 8;

    /// <summary>The type of a virtio device on this machine: "virtio-blk-pci" or "virtio-blk-device".</summary>
    public static string Virtio(MachineFamily family, string kind) =>
        family == MachineFamily.Microvm ? $"virtio-{kind}-device" : $"virtio-{kind}-pci";

    public static DevicePlace Display(MachineFamily family) => Single(family, q35: 1, pc: 2);

    public static DevicePlace Rng(MachineFamily family) =>
        family == MachineFamily.Microvm ? DevicePlace.Mmio(0) : Single(family, q35: 2, pc: 3);

    public static DevicePlace Balloon(MachineFamily family) => Single(family, q35: 3, pc: 4);

    public static DevicePlace Watchdog(MachineFamily family) => Single(family, q35: 4, pc: 5);

    /// <summary>The place of a disk; adds the root port that it needs.</summary>
    public static DevicePlace Disk(ArgumentList arguments, int index) => Family(arguments, index, pcSlot: 0x08 + index);

    /// <summary>The place of a network interface; adds the root port that it needs.</summary>
    public static DevicePlace Network(ArgumentList arguments, int index) =>
        Family(arguments, DeviceLimits.Disks + index, pcSlot: 0x18 + index);

    private static DevicePlace Single(MachineFamily family, int q35, int pc) => family switch
    {
        MachineFamily.Q35 => DevicePlace.Pci("pcie.0", q35),
        MachineFamily.Pc => DevicePlace.Pci("pci.0", pc),
        _ => throw new InvalidOperationException("a microvm has no PCI; validation lets no such device through"),
    };

    private static DevicePlace Family(ArgumentList arguments, int port, int pcSlot) => arguments.Family switch
    {
        MachineFamily.Q35 => BehindPort(arguments, port),
        MachineFamily.Pc => DevicePlace.Pci("pci.0", pcSlot),
        _ => DevicePlace.Mmio(1 + port),
    };

    private static DevicePlace BehindPort(ArgumentList arguments, int port)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"port{port}");
        var function = port % FunctionsPerSlot;
        var place = DevicePlace.Pci("pcie.0", FirstPortSlot + (port / FunctionsPerSlot), function);
        var properties = new JsonObject
        {
            // Guests name network interfaces by the number of the slot, which is the port's and must be its own.
            ["chassis"] = port + 1,
            ["slot"] = port + 1,
            ["port"] = port,
        };
        if (function == 0)
        {
            properties["multifunction"] = true;
        }

        arguments.Device(id, "pcie-root-port", id, place, properties);
        return DevicePlace.Pci(id, 0);
    }
}
