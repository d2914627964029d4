using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>The C library's <c>sigset_t</c>: 1024 bits, of which Linux uses the first 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SignalSet
{
    /// <summary>Bit <c>n - 1</c> stands for signal <c>n</c>.</summary>
    public ulong First64;

    /// <summary>The set that holds one signal only.</summary>
    public static SignalSet Of(int signal) => new() { First64 = 1UL << (signal - 1) };
}

/// <summary><c>struct kvm_signal_mask</c> with the kernel's 8 bytes of signals behind it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct KvmSignalMask
{
    public uint Length;
    public ulong Signals;
}

/// <summary><c>struct timespec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TimeSpec(TimeSpan span)
{
    public readonly long Seconds = span.Ticks / TimeSpan.TicksPerSecond;
    public readonly long Nanoseconds = span.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
}

/// <summary>
/// <c>struct itimerspec</c>: first expiry after <see cref="Value"/>, then every <see cref="Interval"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimerSpec
{
    public TimeSpec Interval;
    public TimeSpec Value;
}

/// <summary><c>struct sigevent</c> in the form that sends a signal to one thread.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct SignalEvent
{
    /// <summary>SIGEV_THREAD_ID: the signal goes to <see cref="ThreadId"/> and to no other thread.</summary>
    public const int ToThread = 4;

    public nint Value;
    public int Signal;
    public int Notify;
    public int ThreadId;
}
