using System.Text.Json.Serialization;

namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>What QEMU says the machine does (QAPI <c>RunState</c>).</summary>
[JsonConverter(typeof(OpenEnumConverter<RunState>))]
public enum RunState
{
    /// <summary>A state that this version of NodeAgent does not know.</summary>
    Unknown,

    /// <summary>A debugger holds the guest.</summary>
    Debug,

    /// <summary>Waits for an incoming migration.</summary>
    Inmigrate,

    /// <summary>An error inside QEMU stopped the guest; it cannot be continued.</summary>
    InternalError,

    /// <summary>A disk error stopped the guest (<c>werror=stop</c>).</summary>
    IoError,

    /// <summary>Stopped on request.</summary>
    Paused,

    /// <summary>Stopped after an outgoing migration succeeded.</summary>
    Postmigrate,

    /// <summary>Started with <c>-S</c> and never continued.</summary>
    Prelaunch,

    /// <summary>Stopped to finish an outgoing migration.</summary>
    FinishMigrate,

    /// <summary>Stopped to restore the state of the machine.</summary>
    RestoreVm,

    /// <summary>The guest runs.</summary>
    Running,

    /// <summary>Stopped to save the state of the machine.</summary>
    SaveVm,

    /// <summary>The guest shut down and QEMU was told to stay (<c>-action shutdown=pause</c>).</summary>
    Shutdown,

    /// <summary>The guest sleeps (ACPI S3).</summary>
    Suspended,

    /// <summary>The watchdog stopped the guest.</summary>
    Watchdog,

    /// <summary>The guest's kernel panicked.</summary>
    GuestPanicked,

    /// <summary>Stopped to save or restore under COLO.</summary>
    Colo,
}
