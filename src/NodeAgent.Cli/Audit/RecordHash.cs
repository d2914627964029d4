using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary>The hash of a record as proto/nodeagent/v1/audit.proto defines it, computed from nothing but what the record says.</summary>
internal static class RecordHash
{
    private const string Domain = "nodeagent-audit-1";

    /// <summary>Of the record before the first.</summary>
    public static ByteString OfNothing { get; } = ByteString.CopyFrom(new byte[SHA256.HashSizeInBytes]);

    /// <summary>Computes it.</summary>
    /// <param name="previous">The hash of the record before it.</param>
    /// <param name="record">The record.</param>
    public static ByteString Of(ByteString previous, AuditRecord record)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous.Span);
        Add(hash, Domain);
        Add(hash, record.Sequence);
        Add(hash, record.Time);
        Add(hash, record.Until);
        Add(hash, (int)record.Kind);
        Add(hash, record.Count);
        Add(hash, record.Caller);
        Add(hash, record.Source);
        Add(hash, record.Method);
        Add(hash, record.Subject);
        Add(hash, record.VmId);
        Add(hash, record.RequestId);
        Add(hash, record.OperationId);
        Add(hash, record.Result);
        Add(hash, record.Reason);
        Add(hash, record.Detail);
        return ByteString.CopyFrom(hash.GetHashAndReset());
    }

    /// <summary>As people write it.</summary>
    public static string Hex(ByteString hash) => Convert.ToHexStringLower(hash.Span);

    private static void Add(IncrementalHash hash, Timestamp? time)
    {
        Add(hash, time?.Seconds ?? 0);
        Add(hash, time?.Nanos ?? 0);
    }

    private static void Add(IncrementalHash hash, long number) => Add(hash, number.ToString(CultureInfo.InvariantCulture));

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
