using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>Which records of the audit log a caller wants.</summary>
internal sealed record AuditQuery(string Caller, string MethodPrefix, DateTimeOffset? From, DateTimeOffset? Before, AuditKind? Kind)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="RpcRefusal">A field is wrong.</exception>
    public static AuditQuery Of(V1.ListAuditRecordsRequest request)
    {
        if (request.AfterSequence < 0)
        {
            throw RpcRefusal.Field("after_sequence", "It can't be negative; 0 means from the oldest record that is kept.");
        }

        return new AuditQuery(
            request.Caller,
            request.MethodPrefix,
            TimeOf("start_time", request.StartTime),
            TimeOf("end_time", request.EndTime),
            request.Kind switch
            {
                V1.AuditKind.Unspecified => null,
                V1.AuditKind.Call or V1.AuditKind.Refusal or V1.AuditKind.End or V1.AuditKind.Agent => (AuditKind)request.Kind,
                _ => throw RpcRefusal.Field("kind", "Not a kind that this agent knows."),
            });
    }

    /// <summary>Whether a record is wanted. What can't be read could have been, so it is shown.</summary>
    public bool Wants(AuditRecord record) =>
        record.Fact.Kind is AuditKind.Unreadable
        || ((Caller.Length == 0 || record.Fact.Caller == Caller)
            && record.Fact.Method.StartsWith(MethodPrefix, StringComparison.Ordinal)
            && (From is null || record.Fact.Until >= From)
            && (Before is null || record.Fact.Time < Before)
            && (Kind is null || record.Fact.Kind == Kind));

    private static DateTimeOffset? TimeOf(string field, Timestamp? time)
    {
        try
        {
            return time?.ToDateTimeOffset();
        }
        catch (InvalidOperationException)
        {
            throw RpcRefusal.Field(field, "Not a moment that a timestamp can say.");
        }
    }
}
