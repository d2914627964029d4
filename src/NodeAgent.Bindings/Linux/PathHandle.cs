using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// What a path leads to, held by a descriptor (O_PATH of open(2)): looked at without being opened, so that a pipe or a
/// device does nothing and cannot make us wait, and so that what was looked at is what is read afterwards, whatever
/// happens to the path in between.
/// </summary>
public sealed class PathHandle : IDisposable
{
    private readonly SafeFileHandle _handle;

    private PathHandle(SafeFileHandle handle)
    {
        _handle = handle;
    }

    /// <summary>The path that the kernel ended at: absolute, without symbolic links, "." and "..".</summary>
    public string RealPath { get; private init; } = "";

    /// <summary>What is there.</summary>
    public FileKind Kind { get; private init; }

    /// <summary>Size in bytes; 0 for a block device, see <see cref="OpenForReading"/>.</summary>
    public long SizeBytes { get; private init; }

    /// <summary>The file system, as major and minor number. With <see cref="Inode"/> it tells files apart.</summary>
    public (uint Major, uint Minor) Device { get; private init; }

    /// <summary>Number within the file system.</summary>
    public ulong Inode { get; private init; }

    /// <summary>Time of the last change of content, in nanoseconds since 1970.</summary>
    public long ModifiedNanoseconds { get; private init; }

    /// <summary>Follows a path to its end.</summary>
    /// <exception cref="LinuxException">Nothing is there, or it may not be reached.</exception>
    public static unsafe PathHandle Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var fd = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Libc.Error("open");
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            // struct statx is 256 bytes on every architecture, and the kernel writes no more.
            var status = stackalloc byte[256];
            if (Libc.statx(fd, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, status) != 0)
            {
                throw Libc.Error("statx");
            }

            return new PathHandle(handle)
            {
                RealPath = new FileInfo(DescriptorPath(handle)).LinkTarget ?? path,
                Kind = KindOf(*(ushort*)(status + 28)),
                Inode = *(ulong*)(status + 32),
                SizeBytes = *(long*)(status + 40),
                ModifiedNanoseconds = (*(long*)(status + 112) * 1_000_000_000) + *(uint*)(status + 120),
                Device = (*(uint*)(status + 136), *(uint*)(status + 140)),
            };
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Opens the very file that was looked at, for reading.</summary>
    /// <returns>The file and its length in bytes, that of a block device included.</returns>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public (SafeFileHandle File, long Length) OpenForReading()
    {
        var fd = Libc.open(DescriptorPath(_handle), Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (fd < 0)
        {
            throw Libc.Error("open");
        }

        var file = new SafeFileHandle(fd, ownsHandle: true);
        var length = Libc.lseek(fd, 0, Libc.SEEK_END);
        if (length >= 0)
        {
            return (file, length);
        }

        var error = Libc.Error("lseek");
        file.Dispose();
        throw error;
    }

    /// <summary>Opens the very file that was looked at, for somebody else to use.</summary>
    /// <exception cref="LinuxException">It cannot be opened so.</exception>
    public SafeFileHandle Open(bool writable)
    {
        var fd = Libc.open(DescriptorPath(_handle), (writable ? Libc.O_RDWR : 0) | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Libc.Error("open");
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static string DescriptorPath(SafeFileHandle handle) => $"/proc/self/fd/{(int)handle.DangerousGetHandle()}";

    private static FileKind KindOf(int mode) => (mode & 0xF000) switch
    {
        0x1000 => FileKind.Pipe,
        0x2000 => FileKind.CharacterDevice,
        0x4000 => FileKind.Directory,
        0x6000 => FileKind.BlockDevice,
        0x8000 => FileKind.Regular,
        0xC000 => FileKind.Socket,
        _ => FileKind.Other,
    };
}
