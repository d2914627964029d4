using NodeAgent.Cli.Terminal;
using Spectre.Console;

namespace NodeAgent.Cli.Output;

/// <summary>Named values below each other, in sections: the long form of one resource.</summary>
internal sealed class FieldList
{
    private readonly List<(string Name, Cell Value, bool Section)> _lines = [];

    /// <summary>Begins a section.</summary>
    public FieldList Section(string title)
    {
        _lines.Add((title, "", true));
        return this;
    }

    /// <summary>Adds a value; an empty one is left out.</summary>
    public FieldList Add(string name, Cell value)
    {
        if (value.Text.Length > 0)
        {
            _lines.Add((name, value, false));
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

    /// <summary>Writes all to a console.</summary>
    public void Write(IAnsiConsole console)
    {
        var width = _lines.Where(l => !l.Section).Select(l => l.Name.Length).DefaultIfEmpty().Max() + 2;
        var inSection = false;
        for (var i = 0; i < _lines.Count; i++)
        {
            var (name, value, section) = _lines[i];
            if (section)
            {
                // A section without values says nothing.
                if (i + 1 < _lines.Count && !_lines[i + 1].Section)
                {
                    console.WriteLine();
                    console.WriteLine(name, Palette.Heading);
                    inSection = true;
                }

                continue;
            }

            console.Write((inSection ? "  " : "") + (name.Length == 0 ? "" : name + ":").PadRight(width));
            console.WriteLine(SafeText.Line(value.Text), value.Style ?? Style.Plain);
        }
    }
}
