using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A record of the audit log by number and hash: who keeps it can tell later whether anything up to it was changed.</summary>
/// <param name="Sequence">The record's number; 0 before the first.</param>
/// <param name="Hash">Its hash, 64 hexadecimal digits in lower case; zeros before the first.</param>
public sealed record AuditPlace(long Sequence, string Hash)
{
    private const int Digits = 64;

    /// <summary>Before the first record.</summary>
    public static AuditPlace Beginning { get; } = new(0, new string('0', Digits));

    /// <summary>Reads the text form.</summary>
    /// <returns>The place, or null when the text is none.</returns>
    public static AuditPlace? TryParse(string? text)
    {
        string[] parts = (text ?? string.Empty).Split(':');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence)
            && parts[1].Length == Digits
            && parts[1].All(char.IsAsciiHexDigitLower)
            ? new AuditPlace(sequence, parts[1])
            : null;
    }

    /// <summary>The text form: number, a colon, the hash.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Hash}");
}
