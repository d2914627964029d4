using System.Globalization;
using System.Text;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Texts of others as a record holds them.</summary>
internal static class AuditText
{
    private const char Mark = '…';

    /// <summary>At most so many characters, none of which steers a terminal or breaks a line.</summary>
    public static string Bounded(string text, int longest)
    {
        if (text.Length <= longest && text.All(static c => c is >= ' ' and <= '~'))
        {
            return text;
        }

        var kept = new StringBuilder(Math.Min(text.Length, longest));
        foreach (var rune in text.EnumerateRunes())
        {
            if (kept.Length + rune.Utf16SequenceLength > longest - 1)
            {
                kept.Append(Mark);
                break;
            }

            kept.Append(IsHarmless(rune) ? rune.ToString() : "?");
        }

        return kept.ToString();
    }

    // Half a surrogate pair is enumerated as the replacement character, which is harmless.
    private static bool IsHarmless(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
