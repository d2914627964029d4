using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// A process held by descriptor (pidfd_open(2)): it cannot be mistaken for another that got the same number.
/// Readable once the process has ended.
/// </summary>
public sealed class PidFd : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    private readonly bool _reaps;

    private PidFd(int fd, int pid, bool reaps)
        : base(ownsHandle: true)
    {
        SetHandle(fd);
        Pid = pid;
        _reaps = reaps;
    }

    /// <summary>The number it was opened by. Proves nothing once the process has ended.</summary>
    public int Pid { get; }

    internal int Descriptor => (int)handle;

    /// <summary>Opens a process, or returns <c>null</c> when there is none of this number.</summary>
    /// <exception cref="LinuxException">The kernel refused for another reason.</exception>
    public static PidFd? TryOpen(int pid) => TryOpen(pid, reaps: false);

    /// <summary>As <see cref="TryOpen(int)"/>, by whoever started the process and so has to reap it.</summary>
    internal static PidFd? OpenChild(int pid) => TryOpen(pid, reaps: true);

    private static PidFd? TryOpen(int pid, bool reaps)
    {
        var fd = (int)Libc.syscall(Libc.SYS_pidfd_open, pid, 0, 0, 0);
        if (fd >= 0)
        {
            return new PidFd(fd, pid, reaps);
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? null : throw new LinuxException("pidfd_open", errno);
    }

    /// <summary>
    /// Opens the process of an identity: the number is opened first and its start time compared afterwards, so
    /// that what is held is what was compared. <c>null</c> when that process is gone, whoever has its number now.
    /// </summary>
    public static PidFd? TryOpen(ProcessIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var handle = TryOpen(identity.Pid);
        if (handle is not null && ProcStat.Read(identity.Pid)?.StartTicks == identity.StartTicks && !handle.HasExited)
        {
            return handle;
        }

        handle?.Dispose();
        return null;
    }

    /// <summary>Whether the process has ended (it may still be a zombie).</summary>
    public bool HasExited => Libc.Events(Descriptor, Libc.POLLIN) != 0;

    /// <summary>Sends a signal. False when the process has ended.</summary>
    /// <exception cref="LinuxException">Not permitted.</exception>
    public bool Send(int signal)
    {
        if (Libc.syscall(Libc.SYS_pidfd_send_signal, Descriptor, signal, 0, 0) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno == Errno.ESRCH ? false : throw new LinuxException("pidfd_send_signal", errno);
    }

    /// <summary>
    /// How the process ended; to be asked after it did. A child's status comes from waitid(2), which also reaps
    /// it when <see cref="ChildProcess"/> started it; what another part of this process started, such as the base class
    /// library, is for that part to reap. Somebody else's child tells through its zombie (/proc/PID/stat) or, where the
    /// kernel keeps it (PIDFD_GET_INFO, Linux 6.15), after it was reaped. Otherwise the answer is
    /// <see cref="ProcessExit.Unknown"/>.
    /// </summary>
    public ProcessExit ReadExit() => WaitForChild() ?? ReadExitInfo() ?? ReadZombie() ?? ReadExitInfo() ?? ProcessExit.Unknown;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;

    private unsafe ProcessExit? WaitForChild()
    {
        // siginfo_t is 128 bytes; si_code is the third int, si_status the seventh on both 64-bit layouts.
        var info = stackalloc int[32];
        new Span<int>(info, 32).Clear();
        if (Libc.waitid(Libc.P_PIDFD, (uint)Descriptor, (byte*)info, Libc.WEXITED | Libc.WNOHANG | (_reaps ? 0 : Libc.WNOWAIT)) != 0 || info[0] == 0)
        {
            return null;
        }

        const int ClassExited = 1, ClassDumped = 3;
        return info[2] == ClassExited
            ? new ProcessExit(info[6], null, false)
            : new ProcessExit(null, info[6], info[2] == ClassDumped);
    }

    private unsafe ProcessExit? ReadExitInfo()
    {
        // struct pidfd_info, first published size: u64 mask, u64 cgroupid, 11 u32 ids, s32 exit_code.
        const ulong Request = 0xC040FF0B, ExitMask = 1 << 3;
        var info = stackalloc ulong[8];
        new Span<ulong>(info, 8).Clear();
        info[0] = ExitMask;
        return Libc.ioctl(Descriptor, Request, (byte*)info) == 0 && (info[0] & ExitMask) != 0
            ? ProcessExit.FromWaitStatus(((int*)info)[15])
            : null;
    }

    private ProcessExit? ReadZombie() =>
        ProcStat.Read(Pid) is { State: 'Z' } stat ? ProcessExit.FromWaitStatus(stat.ExitStatus) : null;
}
