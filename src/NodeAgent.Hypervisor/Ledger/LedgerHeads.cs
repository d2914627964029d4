namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The ends of the ledger's two logs.</summary>
internal sealed record LedgerHeads(EventHead Events, AuditHead Audit);
