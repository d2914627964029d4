namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Whether the ledger takes writes.</summary>
public enum LedgerState
{
    /// <summary>Writes become durable.</summary>
    Ok,

    /// <summary>No space is left: changes are refused, observed facts wait in memory. Heals by itself.</summary>
    Full,

    /// <summary>The disk fails: changes are refused, observed facts wait in memory. Heals by itself if the disk does.</summary>
    Failing,

    /// <summary>The file was found damaged while in use: nothing is written any more; the next open salvages it.</summary>
    Damaged,
}
