namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Where the ledger lives and how much it keeps.</summary>
public sealed record LedgerOptions
{
    /// <summary>Directory of <c>ledger.db</c>; created with mode 0700 when it is missing.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>How many events are kept; older ones are trimmed in the background. One or more.</summary>
    public long EventCount { get; init; } = 50_000;

    /// <summary>How old an event may get before it is trimmed, whatever the count.</summary>
    public TimeSpan EventAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How many ended operations are kept; older ones are trimmed in the background.</summary>
    public long OperationCount { get; init; } = 5_000;

    /// <summary>How long an ended operation is kept at most.</summary>
    public TimeSpan OperationAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a request id is remembered.</summary>
    public TimeSpan KeyAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How many records of the audit log are kept; older ones are trimmed in the background. One or more.</summary>
    public long AuditCount { get; init; } = 250_000;

    /// <summary>How old a record of the audit log may get.</summary>
    public TimeSpan AuditAge { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How many batches may wait for the writer; more are refused with <see cref="LedgerReason.Overloaded"/>.</summary>
    public int QueueLimit { get; init; } = 4_096;

    /// <summary>How many events and records of observed facts are held in memory while the disk takes nothing.</summary>
    public int BacklogEventLimit { get; init; } = 4_096;

    /// <summary>How often a disk that took nothing is tried again.</summary>
    public TimeSpan HealInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often what is too old is looked for.</summary>
    public TimeSpan TidyInterval { get; init; } = TimeSpan.FromMinutes(1);

    internal string DatabasePath => Path.Combine(StateDirectory, "ledger.db");

    /// <summary>The lock of the agent that has the ledger open.</summary>
    public string LockPath => Path.Combine(StateDirectory, "lock");

    internal string MarkPath => Path.Combine(StateDirectory, "ledger.mark");
}
