namespace NodeAgent.Hypervisor.Spec;

/// <summary>What executes the guest's instructions, as asked for.</summary>
public enum AcceleratorChoice
{
    /// <summary>KVM where the self-test proved that it can run this guest, otherwise TCG.</summary>
    Auto,

    /// <summary>KVM or nothing.</summary>
    Kvm,

    /// <summary>QEMU's own translator.</summary>
    Tcg,
}

/// <summary>What the guest's first instruction belongs to.</summary>
public enum Firmware
{
    /// <summary>SeaBIOS, or qboot on microvm.</summary>
    Bios,
}

/// <summary>Format of a disk image; never guessed from the content.</summary>
public enum DiskFormat
{
    /// <summary>The bytes of the disk, one after the other.</summary>
    Raw,

    /// <summary>QEMU's copy-on-write format, version 2 or 3.</summary>
    Qcow2,
}

/// <summary>What happens when the guest's kernel panics.</summary>
public enum PanicAction
{
    /// <summary>Leave the guest paused, to be looked at.</summary>
    Pause,

    /// <summary>End the VM; the exit reason is GuestPanic.</summary>
    Stop,

    /// <summary>Reset the guest.</summary>
    Reset,
}

/// <summary>What happens when the guest stops feeding its watchdog.</summary>
public enum WatchdogAction
{
    /// <summary>Reset the guest.</summary>
    Reset,

    /// <summary>Leave the guest paused.</summary>
    Pause,

    /// <summary>End the VM; the exit reason is Watchdog.</summary>
    Stop,

    /// <summary>Inject a non-maskable interrupt.</summary>
    Nmi,

    /// <summary>Record an event, do nothing.</summary>
    None,
}

/// <summary>What happens after QEMU died by itself.</summary>
public enum RestartMode
{
    /// <summary>The VM stays stopped.</summary>
    Never,

    /// <summary>It is started again, with back-off and a limit.</summary>
    OnFailure,
}

/// <summary>What happens when a guest does not shut down in time.</summary>
public enum ShutdownFallback
{
    /// <summary>The operation fails and the guest runs on.</summary>
    LeaveRunning,

    /// <summary>QEMU is ended.</summary>
    ForceStop,
}
