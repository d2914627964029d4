namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Who did what, from where, and what came of it, before it has a number. Never a secret, never a request's content.</summary>
/// <param name="Time">When; of several, the first.</param>
/// <param name="Kind">What it is about.</param>
public sealed record AuditDraft(DateTimeOffset Time, AuditKind Kind)
{
    /// <summary>The result of what succeeded.</summary>
    public const string Ok = "OK";

    /// <summary>The agent, as caller and as source.</summary>
    public const string Agent = "agent";

    /// <summary>When; of several, the last.</summary>
    public DateTimeOffset Until { get; init; } = Time;

    /// <summary>How many of the same this stands for.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Who: "uid:1000(alice)", "operator:alice", "agent"; empty when nobody knows.</summary>
    public string Caller { get; init; } = "";

    /// <summary>From where: "unix", "192.0.2.7:41234", "tunnel", "agent".</summary>
    public string Source { get; init; } = "";

    /// <summary>What: "VmService/StartVm", "StartVm" for an operation's end, "handshake", "agent.reloaded".</summary>
    public string Method { get; init; } = "";

    /// <summary>What it was done to, as the request named it.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The VM, where it is known.</summary>
    public Guid? VmId { get; init; }

    /// <summary>The caller's request id.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>The operation that was begun, or that ended.</summary>
    public Guid? OperationId { get; init; }

    /// <summary>What came of it: "OK", "PERMISSION_DENIED", "FAILED", …</summary>
    public string Result { get; init; } = "";

    /// <summary>Why, as a word of docs/errors.md.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Why, as a sentence.</summary>
    public string Detail { get; init; } = "";

    /// <summary>
    /// The same with texts that a record can hold whatever a caller sent: of bounded length, on one line, and of whole
    /// characters, because half of one has no bytes that everybody agrees on.
    /// </summary>
    public AuditDraft Bounded() => this with
    {
        Caller = AuditText.Bounded(Caller, 192),
        Source = AuditText.Bounded(Source, 64),
        Method = AuditText.Bounded(Method, 96),
        Subject = AuditText.Bounded(Subject, 128),
        RequestId = AuditText.Bounded(RequestId, 128),
        Result = AuditText.Bounded(Result, 32),
        Reason = AuditText.Bounded(Reason, 64),
        Detail = AuditText.Bounded(Detail, 320),
    };
}
