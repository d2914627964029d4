namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The two ends of the audit log.</summary>
/// <param name="Anchor">The record before the oldest that is kept: where verifying begins.</param>
/// <param name="Oldest">Number of the oldest record that is kept; 1 more than <paramref name="Head"/>'s when none is.</param>
/// <param name="Head">The newest durable record.</param>
public sealed record AuditEnds(AuditPlace Anchor, long Oldest, AuditPlace Head);
