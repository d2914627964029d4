namespace NodeAgent.Bindings.Qmp;

/// <summary>Why a QMP command, or the opening of a connection, failed.</summary>
public enum QmpError
{
    /// <summary>The connection ended before the reply; see <see cref="QmpException.CloseReason"/>.</summary>
    Closed,

    /// <summary>No reply within the time-out. The connection lives on; a late reply is ignored.</summary>
    TimedOut,

    /// <summary>QEMU answered with an error; see <see cref="QmpException.ErrorClass"/>.</summary>
    CommandFailed,

    /// <summary>The peer does not speak QMP, or the reply has not the shape that QAPI promises.</summary>
    ProtocolError,

    /// <summary>The connection ended because a message was longer than <see cref="QmpLimits.MaxLineBytes"/>.</summary>
    LineTooLong,

    /// <summary>The connection ended because events came faster than they were read.</summary>
    EventFlood,

    /// <summary>More than <see cref="QmpLimits.MaxPending"/> commands wait for their replies; nothing was sent.</summary>
    TooManyPending,

    /// <summary>The out-of-band lane was asked for, but this QEMU did not offer it; nothing was sent.</summary>
    OutOfBandUnavailable,

    /// <summary>The operating system refused to pass the file descriptor; nothing was sent.</summary>
    DescriptorRefused,
}
