namespace NodeAgent.Cli.Output;

/// <summary>Prose in a column: broken between words, so that the column stays one.</summary>
internal static class WrappedText
{
    // In a narrower column there would be more breaks than text; the terminal may as well break it.
    private const int Least = 20;

    /// <summary>The lines of a text. A word that is longer than a line is not broken, because it may be a path to copy.</summary>
    /// <param name="text">The text; never without a line.</param>
    /// <param name="width">Characters of a line; null where it need not be broken.</param>
    public static IEnumerable<string> Lines(string text, int? width)
    {
        if (width is not { } room || room < Least)
        {
            yield return text;
            yield break;
        }

        var rest = text.AsMemory();
        while (rest.Length > room)
        {
            var before = rest[..(room + 1)].Span.LastIndexOf(' ');
            var end = before > 0 ? before : rest.Span.IndexOf(' ');
            if (end <= 0)
            {
                break;
            }

            yield return rest[..end].ToString();
            rest = rest[(end + 1)..];
        }

        yield return rest.ToString();
    }
}
