using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Storage;

/// <summary>
/// One image of a disk with all that it leans on, found and checked before QEMU starts. QEMU is told every file and
/// every format of the chain, so that it follows no name in a header by itself.
/// </summary>
public sealed record ImageLayer
{
    /// <summary>The real path: absolute, without symbolic links.</summary>
    public required string Path { get; init; }

    /// <summary>Its format.</summary>
    public required DiskFormat Format { get; init; }

    /// <summary>Whether it is a block device, for which QEMU has a driver of its own.</summary>
    public required bool IsBlockDevice { get; init; }

    /// <summary>Size that the guest sees, in bytes.</summary>
    public required long VirtualSize { get; init; }

    /// <summary>The raw file that holds the data of a qcow2 image with an external data file, or <c>null</c>.</summary>
    public ImageLayer? DataFile { get; init; }

    /// <summary>The image below, or <c>null</c>.</summary>
    public ImageLayer? Backing { get; init; }
}

/// <summary>A disk of a spec with what was found at its path.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="Image">Its image.</param>
public sealed record DiskImage(DiskSpec Disk, ImageLayer Image);
