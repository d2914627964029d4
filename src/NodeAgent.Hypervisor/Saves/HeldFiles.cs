using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Devices;

namespace NodeAgent.Hypervisor.Saves;

/// <summary>
/// Whether a guest's disks are still where its QEMU found them. A file that was replaced while the guest ran, by a rename
/// say, is another one under the same name, and memory must not go on over it.
/// </summary>
internal static class HeldFiles
{
    /// <summary>The first of the files that a process has not open; <c>null</c> when it has all, or does not show what it has.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="files">What it was given.</param>
    /// <exception cref="IOException">One of the files is not there.</exception>
    public static string? FindReplaced(int pid, IEnumerable<BootFile> files)
    {
        var held = new HashSet<((uint, uint), ulong)>();
        try
        {
            foreach (var descriptor in Directory.GetFiles($"/proc/{pid}/fd"))
            {
                if (TryIdentify(descriptor) is { } file)
                {
                    held.Add(file);
                }
            }
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        foreach (var file in files)
        {
            using var place = PathHandle.Open(file.Path);

            // The node of a block device is made anew now and then; what it leads to is the same.
            if (place.Kind is FileKind.Regular && !held.Contains((place.Device, place.Inode)))
            {
                return file.Path;
            }
        }

        return null;
    }

    private static ((uint, uint) Device, ulong Inode)? TryIdentify(string descriptor)
    {
        try
        {
            using var place = PathHandle.Open(descriptor);
            return (place.Device, place.Inode);
        }
        catch (LinuxException)
        {
            // Closed in the meantime.
            return null;
        }
    }
}
