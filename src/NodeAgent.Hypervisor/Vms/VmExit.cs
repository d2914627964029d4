namespace NodeAgent.Hypervisor.Vms;

/// <summary>How a run ended.</summary>
public sealed record VmExit
{
    /// <summary>Why, from the closed vocabulary.</summary>
    public required VmExitReason Reason { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Message { get; init; }

    /// <summary>When it ended, or was found to have.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The process's exit status, where it is known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended the process, where it is known.</summary>
    public int? Signal { get; init; }

    /// <summary>The last lines that QEMU wrote to its standard error.</summary>
    public string LastWords { get; init; } = "";

    /// <summary>For <see cref="VmExitReason.StartFailed"/>: the step that failed.</summary>
    public string? FailedStep { get; init; }
}

/// <summary>Why a run ended: a closed vocabulary.</summary>
public enum VmExitReason
{
    /// <summary>The guest shut itself down, asked or not.</summary>
    GuestShutdown,

    /// <summary>The guest's kernel panicked and the spec says stop.</summary>
    GuestPanic,

    /// <summary>The watchdog fired and the spec says stop.</summary>
    Watchdog,

    /// <summary>Somebody asked for it through this agent.</summary>
    KilledByRequest,

    /// <summary>QEMU ended by itself or by a signal that this agent did not send.</summary>
    QemuCrashed,

    /// <summary>The start did not get to its end.</summary>
    StartFailed,

    /// <summary>The host was shut down, and the guest before it.</summary>
    HostShutdown,

    /// <summary>Its state was saved to disk, by request or because the host was shut down; the next start goes on from there.</summary>
    Suspended,

    /// <summary>The host went down with the guest on it.</summary>
    HostReboot,

    /// <summary>It ended while nobody watched, and left no trace of why.</summary>
    Unknown,

    /// <summary>Somebody on the host told QEMU or its unit to end, in order.</summary>
    StoppedByHost,

    /// <summary>The kernel killed QEMU because its unit had used up its memory.</summary>
    OutOfMemory,
}
