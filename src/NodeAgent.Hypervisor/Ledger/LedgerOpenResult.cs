namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What came of opening the ledger. A closed hierarchy.</summary>
public abstract record LedgerOpenResult
{
    private protected LedgerOpenResult()
    {
    }
}

/// <summary>The ledger is open.</summary>
/// <param name="Ledger">The ledger; the caller disposes it.</param>
/// <param name="Contents">What it held.</param>
/// <param name="Damage">What was wrong with the file that was there; null when nothing was.</param>
public sealed record LedgerOpened(NodeLedger Ledger, LedgerContents Contents, LedgerDamage? Damage) : LedgerOpenResult;

/// <summary>Another agent uses this state directory.</summary>
/// <param name="LockPath">The lock file.</param>
/// <param name="HolderPid">The other agent's process id, when the lock file tells.</param>
public sealed record LedgerHeld(string LockPath, int? HolderPid) : LedgerOpenResult;

/// <summary>The file was written by a newer agent. It was left as it is.</summary>
/// <param name="Found">Its schema version.</param>
/// <param name="Known">The newest schema version that this agent knows.</param>
public sealed record LedgerTooNew(int Found, int Known) : LedgerOpenResult;

/// <summary>The state directory or the disk below it does not allow a ledger to be opened or made.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Message">What happened, for a person.</param>
public sealed record LedgerUnusable(LedgerReason Reason, string Message) : LedgerOpenResult;
