namespace NodeAgent.Bindings.Qmp;

/// <summary>A QMP command failed, or a connection could not be opened.</summary>
public sealed class QmpException : Exception
{
    internal QmpException(QmpError error, string message, bool mayHaveRun = false, Exception? inner = null)
        : base(message, inner)
    {
        Error = error;
        MayHaveRun = mayHaveRun;
    }

    /// <summary>What went wrong.</summary>
    public QmpError Error { get; }

    /// <summary>
    /// Whether QEMU may have received the command although no reply is known. False is certain: QEMU never saw it,
    /// or refused it with an error.
    /// </summary>
    public bool MayHaveRun { get; }

    /// <summary>Why the connection ended, when that is what failed the command.</summary>
    public QmpCloseReason? CloseReason { get; private init; }

    /// <summary>QEMU's error class, such as <c>GenericError</c>, <c>CommandNotFound</c> or <c>DeviceNotFound</c>.</summary>
    public string? ErrorClass { get; private init; }

    /// <summary>QEMU's own words for <see cref="QmpError.CommandFailed"/>.</summary>
    public string? Description { get; private init; }

    internal static QmpException CommandFailed(string command, string errorClass, string description) =>
        new(QmpError.CommandFailed, $"{command}: {description} ({errorClass})")
        {
            ErrorClass = errorClass,
            Description = description,
        };

    internal static QmpException Closed(string command, QmpCloseReason reason, bool mayHaveRun) =>
        new(ErrorFor(reason), $"{command}: the QMP connection ended ({reason})", mayHaveRun) { CloseReason = reason };

    private static QmpError ErrorFor(QmpCloseReason reason) => reason switch
    {
        QmpCloseReason.ProtocolError => QmpError.ProtocolError,
        QmpCloseReason.LineTooLong => QmpError.LineTooLong,
        QmpCloseReason.EventFlood => QmpError.EventFlood,
        _ => QmpError.Closed,
    };
}
