namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// What a VM is right now: a closed set.
/// <code>
///            Start                 started
///  Stopped ────────▶ Starting ─────────────▶ Running ◀──▶ Paused
///     ▲                  │ failed, killed       │            │
///     │                  ▼                      ▼            ▼
///     └───────────── Stopping ◀─────────────────┴────────────┘
///
///  Unknown      the process may live; being found out (recovery)
///  Quarantined  a process is there that cannot be proven or re-attached; never touched unasked
/// </code>
/// Stopped is entered only when the process is proven gone.
/// </summary>
public abstract record VmState
{
    private VmState()
    {
    }

    /// <summary>Whether a QEMU process is there, or may be.</summary>
    public virtual bool MayHaveProcess => true;

    /// <summary>The process is proven gone, or never was.</summary>
    /// <param name="Exit">How the last run ended; <c>null</c> before the first.</param>
    public sealed record Stopped(VmExit? Exit) : VmState
    {
        /// <inheritdoc/>
        public override bool MayHaveProcess => false;
    }

    /// <summary>The start steps are under way.</summary>
    /// <param name="LeavePaused">Whether the guest's CPUs are to stand still afterwards.</param>
    public sealed record Starting(bool LeavePaused) : VmState;

    /// <summary>The guest's CPUs run.</summary>
    public sealed record Running : VmState;

    /// <summary>The guest's CPUs stand still.</summary>
    /// <param name="Cause">Why.</param>
    public sealed record Paused(PauseCause Cause) : VmState;

    /// <summary>On its way to stopped.</summary>
    /// <param name="How">Which way.</param>
    public sealed record Stopping(StopKind How) : VmState;

    /// <summary>The process may live; the agent is finding out.</summary>
    /// <param name="Why">What is not known.</param>
    /// <param name="ProcessProven">Whether the process itself is proven to be this VM's.</param>
    public sealed record Unknown(string Why, bool ProcessProven) : VmState;

    /// <summary>A process is there that cannot be proven to be this VM's, or cannot be re-attached.</summary>
    /// <param name="Why">What is wrong.</param>
    /// <param name="ProcessProven">Whether the process itself is proven to be this VM's.</param>
    public sealed record Quarantined(string Why, bool ProcessProven) : VmState;
}

/// <summary>Why a guest's CPUs stand still.</summary>
public enum PauseCause
{
    /// <summary>Somebody asked for it.</summary>
    Requested,

    /// <summary>The guest's kernel panicked and the spec says pause.</summary>
    GuestPanic,

    /// <summary>A disk failed (out of space) and QEMU stopped the guest before it saw the error.</summary>
    IoError,

    /// <summary>The watchdog fired and the spec says pause.</summary>
    Watchdog,

    /// <summary>The guest suspended itself.</summary>
    GuestSuspended,

    /// <summary>QEMU stopped the guest for a reason that it did not tell.</summary>
    Unexplained,
}

/// <summary>Ways to stopped.</summary>
public enum StopKind
{
    /// <summary>The guest was asked to shut down and may take its time.</summary>
    Shutdown,

    /// <summary>QEMU was asked to flush and leave.</summary>
    Quit,

    /// <summary>The guest's state is being saved to disk.</summary>
    Suspend,

    /// <summary>The process is being killed.</summary>
    Kill,

    /// <summary>The guest has shut itself down and QEMU is being cleared away.</summary>
    GuestEnded,
}
