using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>The C library's calls that KVM is reached by.</summary>
/// <remarks>
/// <c>ioctl</c> is variadic in C; on x86-64 a call with three integer arguments is passed the same way as to a function
/// that declares three.
/// </remarks>
internal static unsafe partial class NativeMethods
{
    /// <summary>Open for reading and writing, and not handed on to a program that is started later.</summary>
    public const int OpenReadWriteCloseOnExec = 0x2 | 0x80000;

    /// <summary>The exception for the call that has just failed on this thread.</summary>
    public static KvmException LastError(string call) => new(call, Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(KvmFileHandle descriptor, nuint request, nuint argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Mmap(
        nint address, nuint length, int protection, int flags, KvmVcpuHandle descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "__libc_current_sigrtmin")]
    public static partial int FirstRealTimeSignal();

    /// <summary>Returns the error number itself, not -1.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    public static partial int SetSignalMask(int how, in SignalSet set, out SignalSet old);

    [LibraryImport("libc", EntryPoint = "sigtimedwait", SetLastError = true)]
    public static partial int TakeSignal(in SignalSet set, void* information, in TimeSpec timeout);

    [LibraryImport("libc", EntryPoint = "timer_create", SetLastError = true)]
    public static partial int CreateTimer(int clock, in SignalEvent notification, out nint timer);

    [LibraryImport("libc", EntryPoint = "timer_settime", SetLastError = true)]
    public static partial int SetTimer(nint timer, int flags, in TimerSpec value, void* old);

    [LibraryImport("libc", EntryPoint = "timer_delete", SetLastError = true)]
    public static partial int DeleteTimer(nint timer);
}
