using System.Text;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Rpc;

/// <summary>Devices of the contract as those of the model.</summary>
internal sealed class DeviceReader(Violations violations, Guid vmId)
{
    private const int DefaultHistoryBytes = 256 * 1024;

    public DirectKernel? Kernel(V1.DirectKernel? kernel)
    {
        if (kernel is null)
        {
            return null;
        }

        if (kernel.KernelPath.Length == 0)
        {
            violations.Add("spec.kernel.kernel_path", "It must be set where spec.kernel is; leave spec.kernel out to boot from the firmware.");
        }

        return new DirectKernel(kernel.KernelPath, NullIfEmpty(kernel.InitrdPath), NullIfEmpty(kernel.Cmdline));
    }

    public DiskSpec Disk(V1.Disk disk, int index)
    {
        var field = $"spec.disks[{index}].format";
        return new DiskSpec
        {
            Name = disk.Name.Length == 0 ? $"disk{index}" : disk.Name,
            Path = disk.Path,
            Format = disk.Format switch
            {
                V1.DiskFormat.Raw => DiskFormat.Raw,
                V1.DiskFormat.Qcow2 => DiskFormat.Qcow2,
                V1.DiskFormat.Unspecified => Unsaid(field),
                _ => violations.Unknown(field, disk.Format, DiskFormat.Raw),
            },
            ReadOnly = disk.ReadOnly,
            Serial = NullIfEmpty(disk.Serial),
        };
    }

    public NetworkInterfaceSpec Network(V1.NetworkInterface network, int index)
    {
        var name = network.Name.Length == 0 ? $"net{index}" : network.Name;
        if (network.BackendCase is V1.NetworkInterface.BackendOneofCase.None)
        {
            violations.Add($"spec.network_interfaces[{index}].user", "An interface needs something behind it. Set user: {} for QEMU's own NAT.");
        }

        return new NetworkInterfaceSpec
        {
            Name = name,
            Mac = network.Mac.Length == 0 ? MacOf(vmId, name) : network.Mac.ToLowerInvariant(),
            Restricted = network.User?.Restricted ?? false,
        };
    }

    public ConsoleSpec? Console(V1.ConsoleSpec? console)
    {
        if (console is { Disabled: true })
        {
            return null;
        }

        var bytes = console?.HistoryBytes ?? 0;
        if (bytes is < 0 or > int.MaxValue)
        {
            violations.Add("spec.console.history_bytes", "Out of range. Write 4096 (4 KiB) to 16777216 (16 MiB), or 0 for 256 KiB.");
            bytes = 0;
        }

        return new ConsoleSpec { HistoryBytes = bytes == 0 ? DefaultHistoryBytes : (int)bytes };
    }

    /// <summary>
    /// An Ethernet address that stays the same for this interface of this VM, whatever is added before it: QEMU's
    /// prefix 52:54:00 and 24 bits of a hash.
    /// </summary>
    internal static string MacOf(Guid vmId, string name)
    {
        var hash = new Fnv128().Add(Encoding.UTF8.GetBytes($"{vmId:D}/{name}")).ToBytes();
        return $"52:54:00:{hash[0]:x2}:{hash[1]:x2}:{hash[2]:x2}";
    }

    private DiskFormat Unsaid(string field)
    {
        violations.Add(field, "It must be said: DISK_FORMAT_RAW or DISK_FORMAT_QCOW2. A format is never guessed from an image's content.");
        return DiskFormat.Raw;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
