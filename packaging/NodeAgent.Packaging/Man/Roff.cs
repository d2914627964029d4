using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NodeAgent.Packaging.Man;

/// <summary>Text for the macros of man(7), escaped and broken into lines.</summary>
internal static partial class Roff
{
    private const int LineWidth = 78;

    /// <summary>Text in which nothing means anything to roff. Every hyphen is a minus, so that options can be copied from a page.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '\\' => "\\e",
                '-' => "\\-",
                '\'' => "\\(aq",
                '"' => "\\(dq",
                '`' => "\\(ga",
                '^' => "\\(ha",
                '~' => "\\(ti",
                > 126 => $"\\[u{rune.Value.ToString("X4", CultureInfo.InvariantCulture)}]",
                _ => rune.ToString(),
            });
        }

        return escaped.ToString();
    }

    /// <summary>Literal text: commands, options, paths.</summary>
    public static string Bold(string text) => $"\\fB{Escape(text)}\\fP";

    /// <summary>What the reader replaces.</summary>
    public static string Italic(string text) => $"\\fI{Escape(text)}\\fP";

    /// <summary>Prose with the marks of Markdown: <c>`literal`</c>, <c>**strong**</c>, <c>*emphasis*</c> and <c>[text](link)</c>.</summary>
    public static string Prose(string markdown)
    {
        var prose = new StringBuilder();
        for (var i = 0; i < markdown.Length;)
        {
            var rest = markdown[i..];
            if (Between(rest, "**", "**") is { } strong)
            {
                prose.Append(Bold(strong));
                i += strong.Length + 4;
            }
            else if (StartsWord(markdown, i) && Emphasis().Match(rest) is { Success: true } emphasis)
            {
                prose.Append(Italic(emphasis.Groups[1].Value));
                i += emphasis.Length;
            }
            else if (Between(rest, "`", "`") is { } literal)
            {
                prose.Append(Bold(literal));
                i += literal.Length + 2;
            }
            else if (Between(rest, "[", "](") is { } text && Between(rest[(text.Length + 2)..], "(", ")") is { } target)
            {
                prose.Append(Prose(text));
                i += text.Length + target.Length + 4;
            }
            else
            {
                prose.Append(Escape(rest[..1]));
                i++;
            }
        }

        return prose.ToString();
    }

    /// <summary>Escaped text as lines: a sentence begins on a line of its own, long lines are broken at spaces.</summary>
    public static IEnumerable<string> Lines(string escaped)
    {
        var line = new StringBuilder();
        foreach (var word in escaped.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > LineWidth)
            {
                yield return Guarded(line.ToString());
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
            if (word[^1] is '.' or ':' or '?' or '!' && !word.EndsWith("...", StringComparison.Ordinal))
            {
                yield return Guarded(line.ToString());
                line.Clear();
            }
        }

        if (line.Length > 0)
        {
            yield return Guarded(line.ToString());
        }
    }

    /// <summary>A line that is text, whatever it begins with.</summary>
    public static string Guarded(string line) => line.StartsWith('.') || line.StartsWith('\'') ? "\\&" + line : line;

    /// <summary>An argument of a macro.</summary>
    public static string Argument(string escaped) => escaped.Contains(' ', StringComparison.Ordinal) ? $"\"{escaped}\"" : escaped;

    private static bool StartsWord(string text, int at) => at == 0 || text[at - 1] is ' ' or '(';

    [GeneratedRegex(@"^\*([A-Za-z][^*]*)\*")]
    private static partial Regex Emphasis();

    private static string? Between(string text, string open, string close)
    {
        if (!text.StartsWith(open, StringComparison.Ordinal))
        {
            return null;
        }

        var end = text.IndexOf(close, open.Length, StringComparison.Ordinal);
        return end > open.Length ? text[open.Length..end] : null;
    }
}
