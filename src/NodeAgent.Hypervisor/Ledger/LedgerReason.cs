namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Why the ledger could not do what it was asked for. A closed vocabulary: the daemon maps each to a status.</summary>
public enum LedgerReason
{
    /// <summary>No space, or no quota, is left where the ledger lives. Nothing was written; heals by itself.</summary>
    DiskFull,

    /// <summary>The disk answered with an error other than a lack of space. Nothing was acknowledged; tried again by itself.</summary>
    DiskFailed,

    /// <summary>SQLite found the file to be damaged while the agent ran. The next open sets it aside and salvages it.</summary>
    Damaged,

    /// <summary>More batches wait to be written than are allowed to.</summary>
    Overloaded,

    /// <summary>The ledger is closing or closed.</summary>
    Closed,

    /// <summary>A write that can't succeed as it was asked for, or a defect of the agent.</summary>
    Internal,
}
