using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>Makes names durable: fsync(2) of a file leaves it open whether its directory knows it after a power cut.</summary>
public static class DirectorySync
{
    /// <summary>Waits until the directory's entries are on disk.</summary>
    /// <exception cref="LinuxException">It cannot be opened, or the disk failed.</exception>
    public static void Run(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var fd = Libc.open(directory, Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Libc.Error("open");
        }

        using var handle = new SafeFileHandle(fd, ownsHandle: true);
        if (Libc.fsync(handle) != 0)
        {
            throw Libc.Error("fsync");
        }
    }
}
