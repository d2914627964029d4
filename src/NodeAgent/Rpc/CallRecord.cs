using Grpc.Core;
using NodeAgent.Audit;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// The record of one call. A change that goes through the ledger takes it along, so that both are durable together; what
/// is not on record by the end of the call is put there before the answer is sent.
/// </summary>
internal sealed class CallRecord(AuditTrail trail, MethodFacts facts, Caller caller, object? request)
{
    private bool _isOutOfScope;

    /// <summary>For the batch that makes the call's decision durable.</summary>
    public AuditEntry Entry { get; } = new(caller.From, facts.ShortName, facts.SubjectOf(request));

    /// <summary>That of a call; <c>null</c> for one that needs none.</summary>
    public static CallRecord? Of(ServerCallContext context) => context.GetHttpContext().Features.Get<CallRecord>();

    /// <summary>Puts a stream on record that has begun: it may last for days.</summary>
    /// <param name="context">The call.</param>
    /// <param name="vm">What it is about.</param>
    /// <param name="name">Its name.</param>
    /// <param name="detail">What is to be known of it.</param>
    public static Task OpenedAsync(ServerCallContext context, Guid vm, string name, string detail = "") =>
        Of(context) is { } record
            ? record.DoneAsync(record.Draft(AuditKind.Call) with { Subject = name, VmId = vm, Result = AuditDraft.Ok, Detail = detail })
            : Task.CompletedTask;

    /// <summary>The call is about a VM that its caller may not know of. It is told that there is none; the record tells why.</summary>
    public static void OutOfScope(ServerCallContext context)
    {
        if (Of(context) is { } record)
        {
            record._isOutOfScope = true;
        }
    }

    /// <summary>Puts it on record that the call succeeded, unless that is on record already.</summary>
    public Task SucceededAsync(object? response)
    {
        if (!facts.IsAudited || Entry.IsOnRecord)
        {
            return Task.CompletedTask;
        }

        var about = CallSubject.Of(response, facts.VmOf(request));
        return DoneAsync(Draft(AuditKind.Call) with
        {
            VmId = IdOf(about.VmId),
            OperationId = IdOf(about.OperationId),
            Result = AuditDraft.Ok,
            Detail = facts.IsOnlyChecked(request) ? "Checked only; nothing was changed." : "",
        });
    }

    /// <summary>Puts it on record that the call was refused or failed, where that is worth one.</summary>
    public void Failed(RpcException status)
    {
        // Somebody who leaves a stream ends it; a read that finds nothing tells of nobody's intent.
        var isWorthIt = facts.IsAudited
            ? !(facts.IsLong && Entry.IsOnRecord)
            : _isOutOfScope || status.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.ResourceExhausted;
        if (isWorthIt)
        {
            trail.Refused(Draft(AuditKind.Refusal) with
            {
                VmId = IdOf(CallSubject.Of(null, facts.VmOf(request)).VmId),
                Result = NameOf(status.StatusCode),
                Reason = ErrorMapping.ReasonOf(status),
                Detail = _isOutOfScope ? $"{status.Status.Detail} So the caller is told: its roles are for VMs with other labels (vm_labels)." : status.Status.Detail,
            });
        }
    }

    /// <summary>A code as the contract writes it: PERMISSION_DENIED.</summary>
    public static string NameOf(StatusCode code) => code is StatusCode.OK ? AuditDraft.Ok : ErrorTable.NameOf(code);

    private static Guid? IdOf(string? id) => Guid.TryParse(id, out var known) ? known : null;

    private AuditDraft Draft(AuditKind kind) => new(trail.Now, kind)
    {
        Caller = caller.Identity,
        Source = caller.From,
        Method = facts.ShortName,
        Subject = Entry.Subject,
        RequestId = facts.RequestIdOf(request),
    };

    private Task DoneAsync(AuditDraft fact) => trail.DoneAsync(fact, Entry);
}
