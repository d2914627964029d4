namespace NodeAgent.Rpc;

/// <summary>Why the API itself refuses a call, before the floor below has a say. Each has a row in docs/errors.md.</summary>
internal enum RpcReason
{
    /// <summary>Something in the request is wrong; the violations name the fields.</summary>
    InvalidRequest,

    /// <summary>The agent starts: its ledger is being read and guests are being re-attached.</summary>
    AgentStarting,

    /// <summary>The agent leaves; guests run on.</summary>
    AgentStopping,

    /// <summary>The caller's roles do not allow it.</summary>
    NotPermitted,

    /// <summary>This caller makes more calls a second than are allowed.</summary>
    RateLimited,

    /// <summary>This caller has more streams open than are allowed.</summary>
    TooManyStreams,

    /// <summary>This caller has more calls under way than are worked on or wait.</summary>
    TooManyCalls,

    /// <summary>More tickets wait for somebody to present them than may.</summary>
    TooManyTickets,

    /// <summary>There is no such operation, or it ended so long ago that it was forgotten.</summary>
    OperationNotFound,

    /// <summary>The operation has not ended.</summary>
    OperationRunning,

    /// <summary>The operation has ended and stays on record until its age says otherwise.</summary>
    OperationKept,

    /// <summary>The token is older than what the event log keeps, or belongs to another log.</summary>
    EventTokenExpired,

    /// <summary>A defect of the agent.</summary>
    Internal,
}
