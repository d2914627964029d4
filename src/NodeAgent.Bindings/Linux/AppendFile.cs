using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// A file opened with O_APPEND: every write goes to its end, wherever that is by then. The framework's own append
/// mode seeks once instead, which would leave a hole after somebody cut the file short.
/// </summary>
public static partial class AppendFile
{
    // fcntl.h, the same on x86-64 and arm64.
    private const int WriteOnly = 1, Create = 0x40, Append = 0x400, CloseOnExec = 0x80000;

    /// <summary>Opens it, and creates it readable and writable for its owner only.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static SafeFileHandle Open(string path)
    {
        var fd = open(path, WriteOnly | Create | Append | CloseOnExec, 0x180);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException("open", Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);
}
