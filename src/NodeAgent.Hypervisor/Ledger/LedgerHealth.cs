namespace NodeAgent.Hypervisor.Ledger;

/// <summary>How the ledger fares. A snapshot.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">Since when it is so.</param>
/// <param name="PendingBatches">Batches of observed facts that wait in memory for the disk.</param>
/// <param name="PendingEvents">Events among them.</param>
/// <param name="LostEvents">Events that memory could not hold since the disk stopped taking any.</param>
/// <param name="Detail">What SQLite said; null when all is well.</param>
public sealed record LedgerHealth(
    LedgerState State, DateTimeOffset Since, int PendingBatches, int PendingEvents, long LostEvents, string? Detail);
