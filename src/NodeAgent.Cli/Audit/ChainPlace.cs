using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Cli.Audit;

/// <summary>A record by number and hash: "42:9f86d0…", as 'audit head' prints it.</summary>
internal sealed record ChainPlace(long Sequence, ByteString Hash)
{
    /// <summary>The newest record.</summary>
    public static ChainPlace HeadOf(AuditHead head) => new(head.Sequence, head.Hash);

    /// <summary>The record before the oldest that is kept.</summary>
    public static ChainPlace AnchorOf(AuditHead head) => new(head.AnchorSequence, head.AnchorHash);

    /// <summary>Reads what somebody kept.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    public static ChainPlace Parse(string text)
    {
        if (text.Split(':') is [var number, { Length: 2 * SHA256.HashSizeInBytes } hash]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && hash.All(char.IsAsciiHexDigit))
        {
            return new ChainPlace(sequence, ByteString.CopyFrom(Convert.FromHexString(hash)));
        }

        throw new CommandException(ExitCode.Usage, $"--since: '{text}' is not a record's number and hash", "Write NUMBER:HASH, as 'nodectl audit head' and 'nodectl audit verify' print it.");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{RecordHash.Hex(Hash)}");
}
