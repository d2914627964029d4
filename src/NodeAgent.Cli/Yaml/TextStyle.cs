using YamlDotNet.Core;

namespace NodeAgent.Cli.Yaml;

/// <summary>Decides how a text is quoted in YAML, so that every reader takes it for a text and gets it back unchanged.</summary>
internal static class TextStyle
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    };

    /// <summary>The style for a text.</summary>
    public static ScalarStyle Of(string text)
    {
        if (IsBlock(text))
        {
            return ScalarStyle.Literal;
        }

        return IsPlain(text) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted;
    }

    // A word that no reader could take for a number, a truth value, a date or syntax.
    private static bool IsPlain(string text) =>
        !Words.Contains(text)
        && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '.' or '+' or '=' or ' ' or '(' or ')' or ';' or '@' or ',' or ':')
        && !text.Contains(": ", StringComparison.Ordinal)
        && text[^1] is not (' ' or ':');

    // Lines of printable text that end like lines: readable as a block.
    private static bool IsBlock(string text) =>
        text.EndsWith('\n') && text.Length > 1 && text[0] is not (' ' or '\n') && !text.EndsWith("\n\n", StringComparison.Ordinal)
        && text.All(c => c is '\n' || (c is >= ' ' and < '\u007f'));
}
