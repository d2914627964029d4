namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// A call that is to be on record. Whoever decides on it puts it into the batch that makes the decision durable; whoever
/// took the call in sees afterwards whether that was so, and sees to it otherwise.
/// </summary>
/// <param name="source">From where the call came.</param>
/// <param name="method">What was called: "VmService/StartVm".</param>
/// <param name="subject">What the request is about, as it named it; may be empty.</param>
public sealed class AuditEntry(string source, string method, string subject)
{
    private int _isOnRecord;

    /// <summary>From where the call came.</summary>
    public string Source { get; } = source;

    /// <summary>What was called.</summary>
    public string Method { get; } = method;

    /// <summary>What the request is about.</summary>
    public string Subject { get; } = subject;

    /// <summary>Whether a record of the call is durable.</summary>
    public bool IsOnRecord => Volatile.Read(ref _isOnRecord) != 0;

    internal void Confirm() => Volatile.Write(ref _isOnRecord, 1);
}
