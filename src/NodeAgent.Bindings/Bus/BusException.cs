namespace NodeAgent.Bindings.Bus;

/// <summary>Something asked over D-Bus did not succeed.</summary>
public sealed class BusException : Exception
{
    internal BusException(BusFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>What went wrong.</summary>
    public BusFailure Failure { get; }

    /// <summary>The error's name on the bus, such as <c>org.freedesktop.systemd1.NoSuchUnit</c>; <c>null</c> where none was sent.</summary>
    public string? ErrorName { get; private init; }

    /// <summary>
    /// Whether the request may have been carried out although no answer is known. False is certain: it was never sent,
    /// or it was refused.
    /// </summary>
    public bool MayHaveRun { get; private init; }

    internal static BusException Disconnected(string call, bool wasSent) =>
        new(BusFailure.Disconnected, $"{call}: the bus is not connected") { MayHaveRun = wasSent };

    internal static BusException TimedOut(string call, bool wasSent) =>
        new(BusFailure.TimedOut, $"{call}: no answer in time") { MayHaveRun = wasSent };

    internal static BusException FromError(string call, string name, string message)
    {
        var failure = FailureOf(name);
        return new BusException(failure, $"{call}: {message} ({name})")
        {
            ErrorName = name,
            MayHaveRun = failure is BusFailure.Disconnected or BusFailure.TimedOut,
        };
    }

    /// <summary>Turns a negative errno of libsystemd into an exception.</summary>
    internal static int Check(int result, string call) => result >= 0
        ? result
        : throw new BusException(BusFailure.Malformed, $"{call}: errno {-result}");

    private static BusFailure FailureOf(string name) => name switch
    {
        "org.freedesktop.systemd1.NoSuchUnit" => BusFailure.NoSuchUnit,
        "org.freedesktop.systemd1.UnitExists" => BusFailure.UnitExists,
        "org.freedesktop.machine1.NoSuchMachine" => BusFailure.NoSuchMachine,
        "org.freedesktop.machine1.MachineExists" => BusFailure.MachineExists,
        "org.freedesktop.DBus.Error.ServiceUnknown" => BusFailure.NoSuchService,
        "org.freedesktop.DBus.Error.NameHasNoOwner" => BusFailure.NoSuchService,
        "org.freedesktop.DBus.Error.AccessDenied" => BusFailure.AccessDenied,
        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" => BusFailure.AccessDenied,
        "org.freedesktop.DBus.Error.NoReply" => BusFailure.Disconnected,
        "org.freedesktop.DBus.Error.Disconnected" => BusFailure.Disconnected,
        "org.freedesktop.DBus.Error.Timeout" => BusFailure.TimedOut,
        "org.freedesktop.DBus.Error.TimedOut" => BusFailure.TimedOut,
        _ when name.StartsWith("org.freedesktop.DBus.Error.Spawn.", StringComparison.Ordinal) => BusFailure.NoSuchService,
        _ => BusFailure.Refused,
    };
}
