using NodeAgent.Bindings.Qmp.Events;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What QEMU said that a guest did, in our words. What nobody decides on is not here.</summary>
public abstract record GuestEvent
{
    private GuestEvent()
    {
    }

    /// <summary>The guest, or somebody for it, ended; QEMU stays where it was told to.</summary>
    /// <param name="ByGuest">Whether the guest did it by itself.</param>
    /// <param name="Cause">QAPI ShutdownCause.</param>
    public sealed record ShutDown(bool ByGuest, string Cause) : GuestEvent;

    /// <summary>The guest was reset and goes on in the same process.</summary>
    /// <param name="ByGuest">Whether the guest did it by itself.</param>
    public sealed record WasReset(bool ByGuest) : GuestEvent;

    /// <summary>The CPUs stopped.</summary>
    public sealed record CpusStopped : GuestEvent;

    /// <summary>The CPUs go on.</summary>
    public sealed record CpusResumed : GuestEvent;

    /// <summary>The kernel panicked.</summary>
    public sealed record Panicked : GuestEvent;

    /// <summary>The kernel panicked and its crash kernel took over.</summary>
    public sealed record CrashKernelLoaded : GuestEvent;

    /// <summary>The watchdog was not fed.</summary>
    public sealed record WatchdogFired : GuestEvent;

    /// <summary>A disk failed.</summary>
    /// <param name="Device">Its name.</param>
    /// <param name="Message">What the host said.</param>
    /// <param name="Stops">Whether QEMU stops the guest for it.</param>
    public sealed record DiskFailed(string Device, string Message, bool Stops) : GuestEvent;

    /// <summary>The guest suspended itself.</summary>
    public sealed record Suspended : GuestEvent;

    /// <summary>The guest woke up.</summary>
    public sealed record WokeUp : GuestEvent;

    /// <summary>The host's memory failed under the guest.</summary>
    /// <param name="Action">What was done about it.</param>
    public sealed record MemoryFailed(string Action) : GuestEvent;

    /// <summary>Says an event of QEMU in our words; <c>null</c> for one that nobody decides on.</summary>
    public static GuestEvent? From(QmpEventData data) => data switch
    {
        QmpEventData.Shutdown shutdown => new ShutDown(shutdown.Guest, shutdown.Reason),
        QmpEventData.Reset reset => new WasReset(reset.Guest),
        QmpEventData.Stop => new CpusStopped(),
        QmpEventData.Resume => new CpusResumed(),
        QmpEventData.GuestPanicked => new Panicked(),
        QmpEventData.GuestCrashLoaded => new CrashKernelLoaded(),
        QmpEventData.Watchdog => new WatchdogFired(),
        QmpEventData.BlockIoError error => new DiskFailed(error.Device, error.Reason, error.Action == "stop"),
        QmpEventData.Suspend or QmpEventData.SuspendDisk => new Suspended(),
        QmpEventData.Wakeup => new WokeUp(),
        QmpEventData.MemoryFailure failure => new MemoryFailed(failure.Action),
        _ => null,
    };
}
