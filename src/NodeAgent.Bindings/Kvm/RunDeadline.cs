using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// Bounds the time that this thread spends in guests: a guest that never exits cannot hold it longer.
/// </summary>
/// <remarks>
/// <para>
/// KVM_RUN returns only when the guest exits or a signal is pending. So a kernel timer sends this thread, and no other,
/// a
/// real-time signal. The thread keeps that signal blocked except while KVM_RUN lasts (KVM_SET_SIGNAL_MASK): the kernel
/// then sees it pending and returns EINTR, and the signal is never delivered. Hence no signal handler exists that could
/// meet the runtime in an awkward moment, and no gap either: a signal sent before KVM_RUN begins still ends it at once.
/// </para>
/// <para>
/// The timer repeats, because a vCPU is not the only thing that may take a pending signal (<see cref="HasPassed"/>
/// does).
/// A <see cref="TimeProvider"/> cannot interrupt a system call; this is the one clock of the agent's that is the
/// kernel's.
/// </para>
/// <para>Create, use and dispose on one thread, which must be the runner's own and not one of the thread pool.</para>
/// </remarks>
public sealed class RunDeadline : IDisposable
{
    private const int ClockMonotonic = 1;
    private const int BlockSignals = 0;
    private const int SetSignals = 2;

    /// <summary>.NET takes the first real-time signal for itself; this one is of no meaning to any library.</summary>
    private const int SignalsAfterFirst = 11;

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(5);

    private readonly int _signal;
    private readonly SignalSet _kick;
    private readonly SignalSet _before;
    private readonly nint _timer;
    private bool _passed;
    private bool _disposed;

    /// <summary>Starts the clock.</summary>
    /// <param name="after">The time from now after which every KVM_RUN of this thread returns at once; more than
    /// zero.</param>
    /// <exception cref="KvmException">The kernel refused a timer.</exception>
    public RunDeadline(TimeSpan after)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(after, TimeSpan.Zero);
        _signal = NativeMethods.FirstRealTimeSignal() + SignalsAfterFirst;
        _kick = SignalSet.Of(_signal);
        var blocked = NativeMethods.SetSignalMask(BlockSignals, _kick, out _before);
        if (blocked != 0)
        {
            throw new KvmException("pthread_sigmask", blocked);
        }

        try
        {
            _timer = StartTimer(after);
        }
        catch
        {
            _ = NativeMethods.SetSignalMask(SetSignals, _before, out _);
            throw;
        }
    }

    /// <summary>Whether the time is over.</summary>
    public bool HasPassed
    {
        get
        {
            _passed = _passed || TakePending();
            return _passed;
        }
    }

    /// <summary>The signals to be blocked while KVM_RUN lasts: those that were, without ours.</summary>
    internal ulong MaskInGuest => _before.First64 & ~_kick.First64;

    /// <summary>Stops the clock and leaves the thread's signals as they were.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ = NativeMethods.DeleteTimer(_timer);

        // What was sent before must not be delivered once the signal is unblocked: by default it kills.
        while (TakePending())
        {
        }

        _ = NativeMethods.SetSignalMask(SetSignals, _before, out _);
    }

    private nint StartTimer(TimeSpan after)
    {
        var toThisThread = new SignalEvent
        {
            Signal = _signal,
            Notify = SignalEvent.ToThread,
            ThreadId = NativeMethods.GetThreadId(),
        };
        if (NativeMethods.CreateTimer(ClockMonotonic, toThisThread, out var timer) != 0)
        {
            throw NativeMethods.LastError("timer_create");
        }

        var spec = new TimerSpec { Value = new TimeSpec(after), Interval = new TimeSpec(Again) };
        unsafe
        {
            // Safe: a null pointer tells the kernel that the timer's old value is not wanted.
            if (NativeMethods.SetTimer(timer, 0, spec, null) != 0)
            {
                var error = NativeMethods.LastError("timer_settime");
                _ = NativeMethods.DeleteTimer(timer);
                throw error;
            }
        }

        return timer;
    }

    private unsafe bool TakePending()
    {
        // Safe: a null pointer says that the signal's details are not wanted. A time-out of zero does not wait.
        return NativeMethods.TakeSignal(_kick, null, new TimeSpec(TimeSpan.Zero)) == _signal;
    }
}
