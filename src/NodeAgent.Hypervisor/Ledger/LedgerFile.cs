using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>An opened ledger file and the facts about it that are known from then on without asking.</summary>
internal sealed record LedgerFile(LedgerDatabase Database, LedgerMark Mark, FileLock Lock) : IDisposable
{
    /// <summary>A read-only connection beside the writer's.</summary>
    /// <remarks>
    /// It is closed last. A read-only connection can't remove the log file and its index as the last one to close
    /// normally does, so both stay allocated, and a ledger can be opened again while the disk is full.
    /// </remarks>
    public required LedgerDatabase ReadDatabase { get; init; }

    public required Guid Id { get; init; }

    /// <summary>How often the ledger was opened, this time included.</summary>
    public required long Epoch { get; init; }

    /// <summary>Number of the last transaction.</summary>
    public required long LastCommit { get; init; }

    /// <summary>Number of the oldest event that is kept; <see cref="NewestEvent"/> + 1 when none is.</summary>
    public required long OldestEvent { get; init; }

    /// <summary>Number of the newest event; 0 before the first.</summary>
    public required long NewestEvent { get; init; }

    /// <summary>The two ends of the audit log.</summary>
    public required AuditEnds Audit { get; init; }

    public void Dispose()
    {
        Database.Dispose();
        ReadDatabase.Dispose();
        Mark.Dispose();
        Lock.Dispose();
    }
}
