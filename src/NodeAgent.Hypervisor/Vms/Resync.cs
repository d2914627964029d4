using NodeAgent.Bindings.Qmp.Commands;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What QEMU said that its machine does, in the words of the life cycle.</summary>
internal sealed record Resync(RunState State, bool CpusRun)
{
    public static Resync From(StatusInfo status) => new(status.Status, status.Running);

    /// <summary>The guest has ended and QEMU waits to be cleared away.</summary>
    public bool GuestEnded => State is RunState.Shutdown;

    public bool Panicked => State is RunState.GuestPanicked;

    /// <summary>Why the CPUs stand still, where they do.</summary>
    public PauseCause Cause => State switch
    {
        RunState.Paused or RunState.Prelaunch or RunState.Inmigrate or RunState.FinishMigrate or RunState.Postmigrate => PauseCause.Requested,
        RunState.IoError => PauseCause.IoError,
        RunState.Watchdog => PauseCause.Watchdog,
        RunState.Suspended => PauseCause.GuestSuspended,
        RunState.GuestPanicked => PauseCause.GuestPanic,
        _ => PauseCause.Unexplained,
    };
}
