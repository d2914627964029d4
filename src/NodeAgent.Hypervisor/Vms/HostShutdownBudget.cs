namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// The time that is left before the host goes down, by rung: the last of it is kept for QEMUs to flush and leave, and
/// where guests are suspended, half of what comes before that is kept for saving them.
/// </summary>
internal sealed class HostShutdownBudget(TimeSpan limit, bool suspends, TimeProvider time)
{
    private static readonly TimeSpan LongestReserve = TimeSpan.FromSeconds(10);

    private readonly long _begin = time.GetTimestamp();
    private readonly TimeSpan _beforeQuit = limit - TimeSpan.FromTicks(Math.Min(LongestReserve.Ticks, limit.Ticks / 4));

    /// <summary>For guests to shut down by themselves.</summary>
    public TimeSpan ToAsk => (suspends ? _beforeQuit / 2 : _beforeQuit) - time.GetElapsedTime(_begin);

    /// <summary>For a guest's state to be on disk.</summary>
    public TimeSpan ToSave => _beforeQuit - time.GetElapsedTime(_begin);

    /// <summary>All of it.</summary>
    public TimeSpan ToQuit => limit - time.GetElapsedTime(_begin);
}
