namespace NodeAgent.Cli.Terminal;

/// <summary>
/// Keeps what a guest or a file name says from steering the terminal: control characters are shown, not obeyed.
/// </summary>
internal static class SafeText
{
    /// <summary>The text on one line without control characters.</summary>
    public static string Line(string text) => Replace(text, static _ => false);

    /// <summary>The text with its line ends and tabs, and without other control characters.</summary>
    public static string Lines(string text) => Replace(text, static c => c is '\n' or '\t');

    private static string Replace(string text, Func<char, bool> keep)
    {
        if (!text.Any(c => char.IsControl(c) && !keep(c)))
        {
            return text;
        }

        return string.Create(text.Length, (text, keep), static (span, state) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                var c = state.text[i];
                span[i] = !char.IsControl(c) || state.keep(c) ? c : c is '\n' or '\t' or '\r' ? ' ' : '\u00b7';
            }
        });
    }
}
