namespace NodeAgent.Hypervisor.Spec;

/// <summary>A kernel that QEMU loads itself. Paths are absolute and under a configured image root.</summary>
/// <param name="KernelPath">A bzImage, ELF or multiboot file.</param>
/// <param name="InitrdPath">The initial RAM disk, or <c>null</c>.</param>
/// <param name="Cmdline">The kernel's command line, or <c>null</c>.</param>
public sealed record DirectKernel(string KernelPath, string? InitrdPath = null, string? Cmdline = null);

/// <summary>A disk by path.</summary>
public sealed record DiskSpec
{
    /// <summary>Unique among the VM's devices.</summary>
    public required string Name { get; init; }

    /// <summary>An absolute path under a configured image root.</summary>
    public required string Path { get; init; }

    /// <summary>The image's format.</summary>
    public required DiskFormat Format { get; init; }

    /// <summary>Whether the guest may only read.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Serial number that the guest sees, at most 20 characters, or <c>null</c>.</summary>
    public string? Serial { get; init; }
}

/// <summary>A network interface with QEMU's own NAT behind it.</summary>
public sealed record NetworkInterfaceSpec
{
    /// <summary>Unique among the VM's devices.</summary>
    public required string Name { get; init; }

    /// <summary>Ethernet address in the form 52:54:00:xx:xx:xx.</summary>
    public required string Mac { get; init; }

    /// <summary>Whether the guest is cut off from the host and everything outside.</summary>
    public bool Restricted { get; init; }
}

/// <summary>The serial console.</summary>
public sealed record ConsoleSpec
{
    /// <summary>How much of the output is kept, in bytes: 4 KiB to 16 MiB.</summary>
    public int HistoryBytes { get; init; } = 256 * 1024;
}

/// <summary>The display.</summary>
/// <param name="Vnc">VNC on a unix socket in the VM's run directory.</param>
public sealed record DisplaySpec(bool Vnc);
