using NodeAgent.LongRunning;

namespace NodeAgent.Cli.Operations;

/// <summary>What became of one of several requests.</summary>
/// <param name="Subject">What it was about, for instance a VM's name.</param>
/// <param name="Operation">The operation as last seen; null when the request was refused.</param>
/// <param name="Error">Why it was refused or could not be waited for; null otherwise.</param>
internal sealed record OperationOutcome(string Subject, Operation? Operation, Exception? Error);
