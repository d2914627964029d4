using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Bus;

/// <summary>Waits for one descriptor and can be woken from any thread (eventfd(2) in poll(2)).</summary>
internal sealed unsafe partial class WakeDescriptor : IDisposable
{
    /// <summary>There is data to read.</summary>
    internal const short PollIn = 1;

    private const int CloseOnExec = 0x80000, NonBlocking = 0x800, DuplicateCloseOnExec = 1030;

    private readonly SafeFileHandle _event;

    public WakeDescriptor()
    {
        var descriptor = eventfd(0, CloseOnExec | NonBlocking);
        if (descriptor < 0)
        {
            throw new BusException(BusFailure.Disconnected, $"eventfd: errno {Marshal.GetLastPInvokeError()}");
        }

        _event = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Ends the wait that is under way, or the next one. Never blocks.</summary>
    public void Wake()
    {
        // A counter that is full already wakes as well; a handle that is closed wakes nobody, because nobody waits.
        ulong one = 1;
        try
        {
            _ = write(_event, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
        }
    }

    /// <summary>Waits for a wake, for the descriptor (none when negative), or for the time to pass (none when negative).</summary>
    public void Wait(int descriptor, short events, int milliseconds)
    {
        // struct pollfd { int fd; short events; short revents; }, twice, on our stack. A negative fd is left out.
        var entries = stackalloc int[4];
        entries[0] = (int)_event.DangerousGetHandle();
        entries[1] = PollIn;
        entries[2] = descriptor;
        entries[3] = (ushort)events;
        if (poll(entries, 2, milliseconds) > 0 && (entries[1] >> 16) != 0)
        {
            ulong count;
            _ = read(_event, &count, sizeof(ulong));
        }
    }

    /// <summary>A copy of a descriptor that somebody else will close; the caller's own.</summary>
    public static SafeFileHandle Duplicate(int descriptor)
    {
        var copy = fcntl(descriptor, DuplicateCloseOnExec, 0);
        return copy >= 0
            ? new SafeFileHandle(copy, ownsHandle: true)
            : throw new BusException(BusFailure.Malformed, $"fcntl(F_DUPFD_CLOEXEC): errno {Marshal.GetLastPInvokeError()}");
    }

    public void Dispose() => _event.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle descriptor, void* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle descriptor, void* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(int* entries, ulong count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, long argument);
}
