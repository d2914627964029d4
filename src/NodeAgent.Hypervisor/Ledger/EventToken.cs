using System.Globalization;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>A place in the event log: everything up to and including this number has been seen.</summary>
/// <param name="LedgerId">The ledger that the number belongs to.</param>
/// <param name="Sequence">The last event that was seen; 0 before the first.</param>
public sealed record EventToken(Guid LedgerId, long Sequence)
{
    /// <summary>Reads the text form.</summary>
    /// <param name="text">What <see cref="ToString"/> gave.</param>
    /// <returns>The token, or null when the text is none.</returns>
    public static EventToken? TryParse(string? text)
    {
        string[] parts = (text ?? string.Empty).Split('.');
        return parts.Length == 2
            && Guid.TryParseExact(parts[0], "N", out Guid ledgerId)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence)
            ? new EventToken(ledgerId, sequence)
            : null;
    }

    /// <summary>The text form that a client keeps: ledger id, a dot, the number.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{LedgerId:N}.{Sequence}");
}
