using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>Who asks, and under which request id.</summary>
/// <param name="Caller">"uid:1000(alice)" for a local caller, "agent" for the agent's own work.</param>
/// <param name="RequestId">The caller's request id; <c>null</c> or empty without one.</param>
/// <param name="Fingerprint">Stands for the request's content, so that a reused id is found out.</param>
public sealed record RequestContext(string Caller, string? RequestId = null, string? Fingerprint = null)
{
    /// <summary>The agent itself.</summary>
    public static RequestContext Agent { get; } = new(AuditDraft.Agent);

    /// <summary>The call that waits to be on record; <c>null</c> for the agent's own work.</summary>
    public AuditEntry? Audit { get; init; }

    /// <summary>Puts on record who asked, in the batch that makes durable what comes of it.</summary>
    /// <param name="now">When.</param>
    /// <param name="verb">What the agent does, where nobody called.</param>
    /// <param name="vmId">The VM that it is about.</param>
    /// <param name="name">Its name.</param>
    /// <param name="operationId">The operation that begins.</param>
    public AppendAudit Record(DateTimeOffset now, string verb, Guid? vmId, string name, Guid? operationId = null) =>
        new(new AuditDraft(now, Audit is null ? AuditKind.Agent : AuditKind.Call)
        {
            Caller = Caller,
            Source = Audit?.Source ?? AuditDraft.Agent,
            Method = Audit?.Method ?? verb,
            Subject = name.Length > 0 ? name : Audit?.Subject ?? "",
            VmId = vmId,
            RequestId = RequestId ?? "",
            OperationId = operationId,
            Result = AuditDraft.Ok,
        })
        {
            Entry = Audit,
        };
}
