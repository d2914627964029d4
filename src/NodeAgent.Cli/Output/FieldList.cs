using NodeAgent.Cli.Terminal;
using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>Named values below each other, in sections: the long form of one resource.</summary>
internal sealed class FieldList
{
    private const int Indent = 2;

    private readonly List<Line> _lines = [];

    /// <summary>Begins a section.</summary>
    public FieldList Section(string title)
    {
        _lines.Add(new Line(LineKind.Section, title, ""));
        return this;
    }

    /// <summary>Adds lines without a name.</summary>
    public FieldList Verbatim(IEnumerable<string> lines)
    {
        _lines.AddRange(lines.Select(l => new Line(LineKind.Verbatim, "", l)));
        return this;
    }

    /// <summary>Adds a value; an empty one is left out.</summary>
    public FieldList Add(string name, Cell value)
    {
        if (value.Text.Length > 0)
        {
            _lines.Add(new Line(LineKind.Field, name, value));
        }

        return this;
    }

    /// <summary>Adds values that share a name, each on a line of its own.</summary>
    public FieldList AddAll(string name, IEnumerable<string> values)
    {
        var first = true;
        foreach (var value in values)
        {
            Add(first ? name : "", value);
            first = false;
        }

        return this;
    }

    /// <summary>Writes all to a console. A section without values is left out, for it says nothing.</summary>
    public void Write(IAnsiConsole console)
    {
        var width = _lines.Where(l => l.Kind == LineKind.Field).Select(l => l.Name.Length).DefaultIfEmpty().Max() + 2;
        var indent = 0;
        for (var i = 0; i < _lines.Count; i++)
        {
            var (kind, name, value) = _lines[i];
            if (kind == LineKind.Section)
            {
                if (i + 1 < _lines.Count && _lines[i + 1].Kind != LineKind.Section)
                {
                    console.WriteLine();
                    console.WriteLine(name, Palette.Heading);
                    indent = Indent;
                }

                continue;
            }

            console.Write(new string(' ', indent));
            if (kind == LineKind.Field)
            {
                // All values stand in one column, whether their names are indented or not.
                console.Write((name.Length == 0 ? "" : name + ":").PadRight(width + Indent - indent));
            }

            console.WriteLine(SafeText.Line(value.Text), value.Style ?? Style.Plain);
        }
    }

    private enum LineKind
    {
        Section,
        Field,
        Verbatim,
    }

    private sealed record Line(LineKind Kind, string Name, Cell Value);
}
