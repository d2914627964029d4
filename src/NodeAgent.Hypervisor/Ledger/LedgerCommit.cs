namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What became of a batch. A closed hierarchy.</summary>
public abstract record LedgerCommit
{
    private protected LedgerCommit()
    {
    }
}

/// <summary>The batch is on the disk.</summary>
/// <param name="FirstEvent">Number of the batch's first event; 0 when it appended none.</param>
/// <param name="LastEvent">Number of the batch's last event; 0 when it appended none.</param>
public sealed record DurableCommit(long FirstEvent, long LastEvent) : LedgerCommit;

/// <summary>Observed facts that the disk did not take; they wait in memory, in order, and are written once it does.</summary>
public sealed record DeferredCommit : LedgerCommit;

/// <summary>The batch contradicts what is stored; nothing of it was written.</summary>
/// <param name="Refusal">Why.</param>
public sealed record RefusedCommit(LedgerRefusal Refusal) : LedgerCommit;
