using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Rpc;

/// <summary>The audit log as the contract's messages. What is hashed is written as it is stored.</summary>
internal static class AuditWriter
{
    public static V1.AuditRecord Write(AuditRecord record)
    {
        var fact = record.Fact;
        return fact.Kind is AuditKind.Unreadable
            ? new V1.AuditRecord { Sequence = record.Sequence }
            : new V1.AuditRecord
            {
                Sequence = record.Sequence,
                Time = fact.Time.ToTimestamp(),
                Until = fact.Until.ToTimestamp(),
                Kind = (V1.AuditKind)fact.Kind,
                Count = fact.Count,
                Caller = fact.Caller,
                Source = fact.Source,
                Method = fact.Method,
                Subject = fact.Subject,
                VmId = fact.VmId?.ToString() ?? "",
                RequestId = fact.RequestId,
                OperationId = fact.OperationId?.ToString() ?? "",
                Result = fact.Result,
                Reason = fact.Reason,
                Detail = fact.Detail,
                Hash = Bytes(record.Hash),
            };
    }

    public static V1.AuditHead Write(AuditEnds ends) => new()
    {
        Sequence = ends.Head.Sequence,
        Hash = Bytes(ends.Head.Hash),
        OldestSequence = ends.Oldest,
        AnchorSequence = ends.Anchor.Sequence,
        AnchorHash = Bytes(ends.Anchor.Hash),
    };

    // A hash that somebody spoilt in the file is no reason to show nothing of the log.
    private static ByteString Bytes(string hash)
    {
        try
        {
            return ByteString.CopyFrom(Convert.FromHexString(hash));
        }
        catch (FormatException)
        {
            return ByteString.CopyFromUtf8(hash);
        }
    }
}
