using System.Text;

namespace NodeAgent.Packaging.Man;

/// <summary>A manual page in the making.</summary>
internal sealed class ManPage
{
    private readonly StringBuilder _body = new();
    private readonly Edition _edition;

    /// <summary>Begins a page with its name and summary.</summary>
    /// <param name="name">What it is about, with '-' for spaces: "nodectl-vm-start".</param>
    /// <param name="section">1 commands, 5 files, 8 daemons.</param>
    /// <param name="summary">One sentence.</param>
    /// <param name="edition">Version and day.</param>
    public ManPage(string name, int section, string summary, Edition edition)
    {
        Name = name;
        Section = section;
        Summary = summary;
        _edition = edition;
        Title("NAME");
        _body.Append($"{Roff.Escape(name)} \\- {Roff.Escape(InName(summary))}\n");
    }

    /// <summary>What it is about.</summary>
    public string Name { get; }

    /// <summary>The section of the manual.</summary>
    public int Section { get; }

    /// <summary>What it is about, in a sentence.</summary>
    public string Summary { get; }

    /// <summary>The name of its file.</summary>
    public string FileName => $"{Name}.{Section}";

    /// <summary>The finished page.</summary>
    public string ToRoff() =>
        $".\\\" Made from the sources of NodeAgent {_edition.Version}; changes belong there.\n"
        + $".TH {Roff.Escape(Name.ToUpperInvariant())} {Section} {_edition.Day} {Roff.Argument($"NodeAgent {_edition.Version}")} NodeAgent\n"
        + _body;

    /// <summary>Begins a section.</summary>
    public void Title(string title) => Macro("SH", Roff.Escape(title.ToUpperInvariant()));

    /// <summary>Begins a part of a section.</summary>
    public void Subtitle(string title) => Macro("SS", Roff.Escape(title));

    /// <summary>Adds a form of the command line, escaped already: the command, and what may follow it.</summary>
    public void Synopsis(string escapedCommand, string escapedRest)
    {
        _body.Append($".SY {Roff.Argument(escapedCommand)}\n");
        AddLines(escapedRest);
        _body.Append(".YS\n");
    }

    /// <summary>Adds a paragraph of prose.</summary>
    public void Paragraph(string markdown) => Escaped(Roff.Prose(markdown));

    /// <summary>Adds a paragraph that is escaped already.</summary>
    public void Escaped(string escaped)
    {
        BeginParagraph();
        AddLines(escaped);
    }

    /// <summary>Adds a term, escaped already, and what there is to say of it.</summary>
    public void Item(string escapedTerm, params IEnumerable<string> paragraphs)
    {
        _body.Append(".TP\n").Append(Roff.Guarded(escapedTerm)).Append('\n');
        var first = true;
        foreach (var paragraph in paragraphs)
        {
            _body.Append(first ? "" : ".IP\n");
            AddLines(paragraph.Length == 0 ? "\\&" : Roff.Prose(paragraph));
            first = false;
        }

        if (first)
        {
            _body.Append("\\&\n");
        }
    }

    /// <summary>Adds lines that stay as they are.</summary>
    public void Example(IEnumerable<string> lines)
    {
        BeginParagraph();
        _body.Append(".RS 4\n.EX\n");
        foreach (var line in lines)
        {
            _body.Append(Roff.Guarded(Roff.Escape(line))).Append('\n');
        }

        _body.Append(".EE\n.RE\n");
    }

    /// <summary>Ends the page with what else to read.</summary>
    public void SeeAlso(IEnumerable<(string Name, int Section)> pages)
    {
        Title("SEE ALSO");
        var all = pages.Select(page => $"{Roff.Bold(page.Name)}({page.Section})").ToList();
        for (var i = 0; i < all.Count; i++)
        {
            _body.Append(all[i]).Append(i < all.Count - 1 ? ",\n" : "\n");
        }
    }

    // A paragraph right after a title needs no macro, and man(7) calls one there useless.
    private void BeginParagraph()
    {
        var last = _body.ToString().TrimEnd('\n').Split('\n')[^1];
        if (!last.StartsWith(".SH", StringComparison.Ordinal) && !last.StartsWith(".SS", StringComparison.Ordinal))
        {
            _body.Append(".PP\n");
        }
    }

    private void Macro(string name, string argument) => _body.Append($".{name} {Roff.Argument(argument)}\n");

    private void AddLines(string escaped)
    {
        foreach (var line in Roff.Lines(escaped))
        {
            _body.Append(line).Append('\n');
        }
    }

    // In the line that whatis shows, a summary is no sentence.
    private static string InName(string summary)
    {
        var text = summary.TrimEnd('.');
        return text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}
