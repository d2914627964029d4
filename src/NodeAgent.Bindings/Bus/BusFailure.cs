namespace NodeAgent.Bindings.Bus;

/// <summary>Why something asked over D-Bus did not succeed.</summary>
public enum BusFailure
{
    /// <summary>This host has no libsystemd.</summary>
    LibraryMissing,

    /// <summary>The bus, or the service on it, is not there or went away before it answered.</summary>
    Disconnected,

    /// <summary>No answer came in time.</summary>
    TimedOut,

    /// <summary>The service refused; <see cref="BusException.ErrorName"/> says more.</summary>
    Refused,

    /// <summary>The service, or the bus's own policy, does not let us.</summary>
    AccessDenied,

    /// <summary>Nobody has that name on the bus, and it cannot be started.</summary>
    NoSuchService,

    /// <summary>systemd has no such unit loaded.</summary>
    NoSuchUnit,

    /// <summary>systemd has a unit of this name already.</summary>
    UnitExists,

    /// <summary>machined knows no such machine.</summary>
    NoSuchMachine,

    /// <summary>machined has a machine of this name already.</summary>
    MachineExists,

    /// <summary>An argument that D-Bus cannot carry, or an answer of another shape than expected.</summary>
    Malformed,

    /// <summary>A <see cref="BusStream{T}"/> was read too slowly. Watch anew, and ask for the state.</summary>
    Lagging,

    /// <summary>Too many requests wait for an answer already.</summary>
    Overloaded,
}
