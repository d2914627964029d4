namespace NodeAgent.Bindings.Qmp;

/// <summary>Why a <see cref="QmpConnection"/> ended. None of these says that the guest died: ask the process.</summary>
public enum QmpCloseReason
{
    /// <summary>Our side disposed the connection.</summary>
    Disposed,

    /// <summary>QEMU closed the socket between two messages, as it does when it exits.</summary>
    PeerClosed,

    /// <summary>The socket ended in the middle of a message.</summary>
    Truncated,

    /// <summary>The socket failed with an error of the operating system.</summary>
    TransportFailed,

    /// <summary>The greeting or the negotiation of capabilities failed, was cancelled or came too late.</summary>
    OpenFailed,

    /// <summary>Something arrived that is not QMP, or too much of what nobody asked for.</summary>
    ProtocolError,

    /// <summary>A message was longer than <see cref="QmpLimits.MaxLineBytes"/>.</summary>
    LineTooLong,

    /// <summary>
    /// Events came faster than they were read. They are not dropped one by one, because a lost STOP or SHUTDOWN would
    /// leave a wrong state behind; the connection ends, and its owner asks for the whole state on the next one.
    /// </summary>
    EventFlood,
}
