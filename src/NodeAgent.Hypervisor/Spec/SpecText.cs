using System.Text;

namespace NodeAgent.Hypervisor.Spec;

/// <summary>What text from outside may contain before it goes into an argument, a file name or a message.</summary>
internal static class SpecText
{
    private const int ShownCharacters = 80;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>
    /// Whether the text survives the way into another program: no control character (a zero would cut an argument
    /// short, a line break would forge a line of a log) and no half of a surrogate pair, which UTF-8 cannot say.
    /// </summary>
    public static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        return ByteCount(text) is not null;
    }

    /// <summary>Length in UTF-8; <c>null</c> when it cannot be written in UTF-8.</summary>
    public static int? ByteCount(string text)
    {
        try
        {
            return Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>The text in quotes, fit for a message: cut to a sane length, odd characters replaced.</summary>
    public static string Quote(string? text)
    {
        if (text is null)
        {
            return "nothing";
        }

        var shown = new StringBuilder("'");
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length > ShownCharacters)
            {
                return shown.Append("…'").ToString();
            }

            shown.Append(Rune.IsControl(rune) ? "\ufffd" : rune.ToString());
        }

        return shown.Append('\'').ToString();
    }
}
