namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What the writer does besides writing batches.</summary>
[Flags]
internal enum LedgerChore
{
    None = 0,

    /// <summary>Try whether the disk takes writes (again), and write what waits in memory.</summary>
    Heal = 1,

    /// <summary>Remove what is too old.</summary>
    Trim = 2,

    /// <summary>Copy the log file back into the database.</summary>
    Checkpoint = 4,
}
