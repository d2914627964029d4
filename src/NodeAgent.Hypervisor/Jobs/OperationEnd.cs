using System.Text.Json;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>The end of an operation on record, in the batch that ends it: a call's own record says only that it was accepted.</summary>
internal static class OperationEnd
{
    /// <summary>The record.</summary>
    /// <param name="end">The end.</param>
    /// <param name="name">The VM's name; empty where there is none.</param>
    public static AppendAudit Record(PutOperation end, string name)
    {
        OperationRow row = end.Operation;
        return new AppendAudit(new AuditDraft(row.Updated, AuditKind.End)
        {
            Caller = row.Caller ?? "",
            Source = AuditDraft.Agent,
            Method = row.Verb,
            Subject = name,
            VmId = row.VmId,
            RequestId = row.RequestId ?? "",
            OperationId = row.Id,
            Result = row.State is OperationState.Succeeded ? AuditDraft.Ok : JsonNamingPolicy.SnakeCaseUpper.ConvertName(row.State.ToString()),
            Reason = JsonNamingPolicy.SnakeCaseUpper.ConvertName(row.Fault?.Reason ?? ""),
            Detail = row.Fault?.Message ?? "",
        });
    }
}
