using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// An exclusive advisory lock on a file by flock(2), held until disposal or until the process ends, however it ends.
/// </summary>
/// <remarks>
/// flock(2) and not fcntl(2): the lock belongs to the open file, so that opening and closing the same file elsewhere in
/// the process does not drop it. The descriptor is opened with O_CLOEXEC: a child process, such as a QEMU that outlives
/// the agent, must never keep the lock alive.
/// </remarks>
public sealed partial class FileLock : IDisposable
{
    // fcntl.h and sys/file.h, the same on x86-64 and arm64.
    private const int ReadWrite = 2, Create = 0x40, CloseOnExec = 0x80000;
    private const int LockUnlock = 8, LockExclusive = 2, LockNonBlocking = 4;
    private const int WouldBlock = 11;
    private const int HolderTextLength = 16;

    private readonly SafeFileHandle _handle;

    private FileLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>
    /// Tries once, without waiting, to lock the file, which is created with mode 0600 if it is missing. The winner's
    /// process id is written into the file so that the loser can name the holder.
    /// </summary>
    /// <param name="path">Path of the lock file.</param>
    /// <param name="holder">Process id that the holder wrote, when the lock is taken and the file tells; else null.</param>
    /// <returns>The lock, or null when another open file holds it.</returns>
    /// <exception cref="LinuxException">The file can't be opened or locked.</exception>
    public static FileLock? TryAcquire(string path, out int? holder)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        holder = null;
        int descriptor = open(path, ReadWrite | Create | CloseOnExec, 0b110_000_000);
        if (descriptor < 0)
        {
            throw Libc.Error("open");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        while (flock(handle, LockExclusive | LockNonBlocking) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EINTR)
            {
                continue;
            }

            holder = errno == WouldBlock ? ReadHolder(handle) : null;
            handle.Dispose();
            return errno == WouldBlock ? null : throw new LinuxException("flock", errno);
        }

        WriteHolder(handle);
        return new FileLock(handle);
    }

    /// <summary>
    /// Whether a lock is held although its holder has ended: a child that the holder had just made has it, until it executes
    /// its program. A lock that cannot be looked at is none.
    /// </summary>
    public static bool IsLeftBehind(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using var free = TryAcquire(path, out var holder);
            return free is null && holder is { } pid && HasEnded(pid);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>Releases the lock. The file stays: removing it would let two holders lock two different files.</summary>
    public void Dispose()
    {
        if (!_handle.IsClosed)
        {
            // A child between fork and exec shares the open file for a moment; closing alone would leave the lock with it.
            _ = flock(_handle, LockUnlock);
        }

        _handle.Dispose();
    }

    private static bool HasEnded(int pid)
    {
        using var process = PidFd.TryOpen(pid);
        return process is null || process.HasExited;
    }

    private static int? ReadHolder(SafeFileHandle handle)
    {
        Span<byte> text = stackalloc byte[HolderTextLength];
        int length = RandomAccess.Read(handle, text, 0);
        return int.TryParse(
            Encoding.ASCII.GetString(text[..length]).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            ? pid
            : null;
    }

    private static void WriteHolder(SafeFileHandle handle)
    {
        // A fixed width, written over in place: a full disk can still take it. The text serves a message only, so a
        // disk that refuses it must not keep the agent from starting.
        string text = Environment.ProcessId.ToString(CultureInfo.InvariantCulture).PadRight(HolderTextLength - 1) + "\n";
        try
        {
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes(text), 0);
        }
        catch (IOException)
        {
        }
    }

    // open(2) is variadic in C; on the Linux ABIs that we build for, a fixed third argument is passed the same way.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
