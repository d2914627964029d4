using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// How a record is tied to the one before it. What is hashed, and in which order, is a contract: it is written down at
/// AuditRecord in proto/nodeagent/v1/audit.proto, and nodectl computes it by itself.
/// </summary>
internal static class AuditChain
{
    private const string Domain = "nodeagent-audit-1";

    /// <summary>The hash of a record.</summary>
    /// <param name="previous">The hash of the record before it.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="fact">What it says, bounded.</param>
    public static string HashOf(string previous, long sequence, AuditDraft fact)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(previous));
        Add(hash, Domain);
        Add(hash, sequence);
        Add(hash, fact.Time);
        Add(hash, fact.Until);
        Add(hash, (long)fact.Kind);
        Add(hash, fact.Count);
        Add(hash, fact.Caller);
        Add(hash, fact.Source);
        Add(hash, fact.Method);
        Add(hash, fact.Subject);
        Add(hash, fact.VmId?.ToString() ?? "");
        Add(hash, fact.RequestId);
        Add(hash, fact.OperationId?.ToString() ?? "");
        Add(hash, fact.Result);
        Add(hash, fact.Reason);
        Add(hash, fact.Detail);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // As google.protobuf.Timestamp has it: whole seconds, rounded down, and what is left in nanoseconds.
    private static void Add(IncrementalHash hash, DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        long seconds = (long)Math.Floor((decimal)ticks / TimeSpan.TicksPerSecond);
        Add(hash, seconds);
        Add(hash, (ticks - (seconds * TimeSpan.TicksPerSecond)) * TimeSpan.NanosecondsPerTick);
    }

    private static void Add(IncrementalHash hash, long number) => Add(hash, number.ToString(CultureInfo.InvariantCulture));

    private static void Add(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
