using System.Text.RegularExpressions;

namespace NodeAgent.Packaging.Man;

/// <summary>A section of one of the documents, so that what stands there need not be said again in a page.</summary>
/// <param name="Lines">Its lines, without the heading.</param>
internal sealed partial record MarkdownSection(IReadOnlyList<string> Lines)
{
    /// <summary>Takes the section of that heading ("Exit codes"), with its parts.</summary>
    public static MarkdownSection Of(string document, string heading)
    {
        var lines = document.Split('\n');
        var begin = Array.FindIndex(lines, line => line == $"## {heading}");
        if (begin < 0)
        {
            throw new InvalidOperationException($"the document has no section '{heading}'");
        }

        return new MarkdownSection([.. lines.Skip(begin + 1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))]);
    }

    /// <summary>The rows of its tables without their titles, cell by cell.</summary>
    public IEnumerable<IReadOnlyList<string>> Rows => Lines
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Where((_, index) => index > 0)
        .Select(Cells);

    /// <summary>Writes it into a page.</summary>
    public void WriteTo(ManPage page)
    {
        for (var i = 0; i < Lines.Count;)
        {
            i += WriteBlock(page, i);
        }
    }

    // Writes what begins at a line, and says how many lines that was.
    private int WriteBlock(ManPage page, int at)
    {
        var line = Lines[at];
        if (line.StartsWith("```", StringComparison.Ordinal))
        {
            var code = Lines.Skip(at + 1).TakeWhile(inside => inside != "```").ToList();
            page.Example(code);
            return code.Count + 2;
        }

        if (line.StartsWith("### ", StringComparison.Ordinal))
        {
            page.Subtitle(line[4..]);
            return 1;
        }

        if (line.StartsWith('|'))
        {
            var table = Lines.Skip(at).TakeWhile(row => row.StartsWith('|')).ToList();
            foreach (var cells in table.Skip(2).Select(Cells))
            {
                page.Item(Roff.Prose(cells[0]), string.Join("; ", cells.Skip(1).Where(cell => cell.Length > 0)));
            }

            return table.Count;
        }

        if (line.Length == 0)
        {
            return 1;
        }

        var text = new List<string> { line };
        text.AddRange(Lines.Skip(at + 1).TakeWhile(next => next.Length > 0 && !ListMark().IsMatch(next) && next[0] is not ('|' or '#') && !next.StartsWith("```", StringComparison.Ordinal)));
        var whole = string.Join(' ', text.Select(part => part.Trim()));
        if (ListMark().Match(line) is { Success: true } mark)
        {
            page.Item(Roff.Escape(mark.Groups[1].Value == "-" ? "*" : mark.Groups[1].Value), whole[mark.Length..]);
        }
        else
        {
            page.Paragraph(whole);
        }

        return text.Count;
    }

    // '\|' is a bar inside a cell.
    private static List<string> Cells(string row) =>
        [.. CellEnd().Split(row.Trim()).Skip(1).SkipLast(1).Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal))];

    [GeneratedRegex(@"^(-|\d+\.) +")]
    private static partial Regex ListMark();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellEnd();
}
