namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Why an operation failed.</summary>
/// <param name="Reason">A word of the closed vocabulary of error reasons, for machines.</param>
/// <param name="Message">What happened, for a person; without secrets.</param>
/// <param name="Details">Further facts as JSON, serialised by the caller; null when there are none.</param>
public sealed record OperationFault(string Reason, string Message, string? Details = null);
