using System.Text.Json.Nodes;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>
/// A virtio disk over an image. Every file and every format of the image's chain is said, and the end of the chain is
/// said to be the end, so that QEMU neither probes nor follows a name in a header; the files themselves are handed over.
/// </summary>
internal static class VirtioDisk
{
    /// <summary>QEMU's id of the device and name of its topmost block node.</summary>
    public static string Id(string name) => $"disk-{name}";

    public static void Add(ArgumentList arguments, int index, DiskImage disk, int? bootIndex)
    {
        var id = Id(disk.Disk.Name);
        arguments.Json("-blockdev", Node(arguments, disk.Image, disk.Disk.Name, depth: 0, disk.Disk.ReadOnly));

        var properties = new JsonObject { ["drive"] = id };
        if (bootIndex is { } boot)
        {
            properties["bootindex"] = boot;
        }

        if (disk.Disk.Serial is { } serial)
        {
            properties["serial"] = serial;
        }

        var place = MachineLayout.Disk(arguments, index);
        arguments.Device(disk.Disk.Name, MachineLayout.Virtio(arguments.Family, "blk"), id, place, properties);
    }

    private static JsonObject Node(ArgumentList arguments, ImageLayer image, string name, int depth, bool readOnly)
    {
        // "disk-NAME", "base1-NAME", "base2-NAME", …: within the 31 characters that QEMU gives a node's name.
        var prefix = depth == 0 ? "disk" : $"base{depth}";
        var node = new JsonObject
        {
            ["driver"] = image.Format == DiskFormat.Raw ? "raw" : "qcow2",
            ["node-name"] = $"{prefix}-{name}",
            ["read-only"] = readOnly,
        };
        if (!readOnly)
        {
            // Space that the guest gives back is given back to the host.
            node["discard"] = "unmap";
        }

        node["file"] = File(arguments, image, $"f{depth}-{name}", readOnly);
        if (image.DataFile is { } data)
        {
            node["data-file"] = File(arguments, data, $"d{depth}-{name}", readOnly);
        }

        if (image.Format == DiskFormat.Qcow2)
        {
            node["backing"] = image.Backing is { } backing ? Node(arguments, backing, name, depth + 1, readOnly: true) : null;
        }

        return node;
    }

    private static JsonObject File(ArgumentList arguments, ImageLayer image, string nodeName, bool readOnly)
    {
        var node = new JsonObject
        {
            ["driver"] = image.IsBlockDevice ? "host_device" : "file",
            ["node-name"] = nodeName,
            ["filename"] = arguments.File(image.Path, writable: !readOnly),
            ["read-only"] = readOnly,
        };
        if (!readOnly)
        {
            node["discard"] = "unmap";
        }

        return node;
    }
}
