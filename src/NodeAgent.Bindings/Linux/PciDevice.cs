using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>A device on the PCI bus.</summary>
/// <param name="Address">Domain, bus, device and function, such as <c>0000:3b:00.0</c>.</param>
/// <param name="VendorId">The maker, a number of the PCI database.</param>
/// <param name="DeviceId">The device, a number of its maker.</param>
/// <param name="ClassId">Base class, subclass and programming interface, a byte each: <c>0x020000</c> is
/// Ethernet.</param>
/// <param name="SubsystemVendorId">The maker of the board.</param>
/// <param name="SubsystemDeviceId">The board.</param>
/// <param name="Driver">The driver that holds it; null when none does.</param>
/// <param name="NumaNode">The node it is attached to; null when the firmware does not tell.</param>
/// <param name="IommuGroup">The smallest set of devices that can be given away together; null without an IOMMU.</param>
public sealed record PciDevice(
    string Address,
    uint VendorId,
    uint DeviceId,
    uint ClassId,
    uint? SubsystemVendorId,
    uint? SubsystemDeviceId,
    string? Driver,
    int? NumaNode,
    int? IommuGroup)
{
    private const string Folder = "sys/bus/pci/devices";

    /// <summary>Reads all devices, by address. One that disappears meanwhile is left out.</summary>
    public static ImmutableArray<PciDevice> ReadAll(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return [.. files.Names(Folder).Select(address => Read(files, address)).OfType<PciDevice>()];
    }

    private static PciDevice? Read(KernelFiles files, string address)
    {
        var folder = $"{Folder}/{address}";
        if (files.ReadHex($"{folder}/vendor") is not { } vendor
            || files.ReadHex($"{folder}/device") is not { } device
            || files.ReadHex($"{folder}/class") is not { } classId)
        {
            return null;
        }

        return new PciDevice(
            address,
            vendor,
            device,
            classId,
            files.ReadHex($"{folder}/subsystem_vendor"),
            files.ReadHex($"{folder}/subsystem_device"),
            files.LinkName($"{folder}/driver"),
            files.ReadNumber($"{folder}/numa_node") is >= 0 and var node ? (int)node : null,
            int.TryParse(
                files.LinkName($"{folder}/iommu_group"), NumberStyles.None, CultureInfo.InvariantCulture, out var group)
                ? group
                : null);
    }
}
