using NodeAgent.Cli.Terminal;
using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>
/// Rows under titles, one line each whatever the terminal's width, so that a screen of VMs stays a list and pipes can cut
/// it into lines. Where the terminal is too narrow, columns that allow it are cut with an ellipsis first, then all are.
/// </summary>
internal sealed class TextTable<T>
{
    private const int Gap = 2;
    private const int Least = 8;

    private readonly IReadOnlyList<Column<T>> _columns;
    private readonly int[] _widths;
    private readonly bool _cut;

    private TextTable(IReadOnlyList<Column<T>> columns, int[] widths, bool cut)
    {
        _columns = columns;
        _widths = widths;
        _cut = cut;
    }

    /// <summary>Finds the widths that fit some rows.</summary>
    /// <param name="columns">All columns.</param>
    /// <param name="rows">The rows that are known; more may follow and are cut to the same widths.</param>
    /// <param name="wide">Whether to show the columns of the wide form.</param>
    /// <param name="width">Columns of the terminal; null when nothing need be cut.</param>
    public static TextTable<T> Fit(IEnumerable<Column<T>> columns, IReadOnlyList<T> rows, bool wide, int? width)
    {
        var shown = columns.Where(c => wide || !c.Wide).ToArray();
        var widths = shown.Select(c => rows.Select(r => c.Value(r).Text.Length).Append(c.Title.Length).Max()).ToArray();
        return new TextTable<T>(shown, width is { } available ? Narrow(shown, widths, available) : widths, width is not null);
    }

    /// <summary>Finds widths for rows that come one by one.</summary>
    /// <param name="columns">All columns; the last takes what is left of the terminal.</param>
    /// <param name="known">The rows known so far.</param>
    /// <param name="wide">Whether to show the columns of the wide form.</param>
    /// <param name="width">Columns of the terminal; null when nothing need be cut.</param>
    public static TextTable<T> FitStream(IEnumerable<Column<T>> columns, IReadOnlyList<T> known, bool wide, int? width)
    {
        var shown = columns.Where(c => wide || !c.Wide).ToArray();
        var widths = shown.Select(c => known.Select(r => c.Value(r).Text.Length).Append(c.Title.Length).Append(c.Room).Max()).ToArray();
        if (width is { } available)
        {
            widths = Narrow(shown, widths, available);
            widths[^1] += Math.Max(0, available - Total(widths));
        }

        return new TextTable<T>(shown, widths, width is not null);
    }

    /// <summary>The titles.</summary>
    public Paragraph Header() => Line(Shown.Select(c => new Cell(c.Title, Palette.Heading)));

    /// <summary>One row.</summary>
    public Paragraph Row(T row) => Line(Shown.Select(c => c.Value(row)));

    /// <summary>Titles and rows in one piece.</summary>
    public Paragraph All(IEnumerable<T> rows)
    {
        var text = new Paragraph();
        Append(text, Shown.Select(c => new Cell(c.Title, Palette.Heading)));
        foreach (var row in rows)
        {
            text.Append("\n");
            Append(text, Shown.Select(c => c.Value(row)));
        }

        return text;
    }

    private IEnumerable<Column<T>> Shown => _columns.Take(_widths.Length);

    private Paragraph Line(IEnumerable<Cell> cells)
    {
        var text = new Paragraph();
        Append(text, cells);
        return text;
    }

    private void Append(Paragraph target, IEnumerable<Cell> cells)
    {
        var padding = 0;
        var i = 0;
        foreach (var cell in cells)
        {
            var content = SafeText.Line(cell.Text);
            var width = _widths[i];
            content = _cut && content.Length > width ? content[..(width - 1)] + "…" : content;
            var rest = Math.Max(0, width - content.Length);
            var before = padding + (_columns[i].Right ? rest : 0);
            // Padding is written before the next text, never at the end of a line.
            if (content.Length > 0)
            {
                target.Append(new string(' ', before)).Append(content, cell.Style ?? Style.Plain);
                padding = Gap + (_columns[i].Right ? 0 : rest);
            }
            else
            {
                padding = before + rest + Gap;
            }

            i++;
        }
    }

    private static int Total(int[] widths) => widths.Sum() + (Gap * (widths.Length - 1));

    // Takes from the widest columns that allow it, one character at a time, then whole columns from the end.
    private static int[] Narrow(Column<T>[] columns, int[] widths, int available)
    {
        for (var excess = Total(widths) - available; excess > 0; excess--)
        {
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
            {
                if (columns[i].Shrinks && widths[i] > Least && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                break;
            }

            widths[widest]--;
        }

        while (widths.Length > 1 && Total(widths) > available)
        {
            widths = widths[..^1];
        }

        return widths;
    }
}
