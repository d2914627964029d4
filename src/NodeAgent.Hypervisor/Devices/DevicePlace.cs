using System.Text.Json.Nodes;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>A place for a device: a bus and, on PCI, slot and function.</summary>
/// <param name="Bus">QEMU's name of the bus; <c>null</c> where the type says it already.</param>
/// <param name="Slot">Slot and function in hexadecimal, such as "10.1"; <c>null</c> on a bus with one place.</param>
/// <param name="Address">How the contract writes it.</param>
internal sealed record DevicePlace(string? Bus, string? Slot, string Address)
{
    /// <summary>A slot and function of a PCI bus.</summary>
    public static DevicePlace Pci(string bus, int slot, int function = 0) =>
        new(bus, $"{slot:x2}.{function}", $"{bus}/{slot:x2}.{function}");

    /// <summary>One of a microvm's virtio-mmio transports, each a bus for one device.</summary>
    public static DevicePlace Mmio(int index) => new($"virtio-mmio-bus.{index}", null, $"virtio-mmio-bus.{index}");

    /// <summary>A port of the ISA bus, of which there is one.</summary>
    public static DevicePlace Isa(int port) => new(null, null, $"isa/0x{port:x}");

    public void WriteTo(JsonObject device)
    {
        if (Bus is not null)
        {
            device["bus"] = Bus;
        }

        if (Slot is not null)
        {
            device["addr"] = Slot;
        }
    }
}
