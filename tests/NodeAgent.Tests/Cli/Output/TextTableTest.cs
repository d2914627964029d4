using CsCheck;
using NodeAgent.Cli.Output;

namespace NodeAgent.Tests.Cli.Output;

public sealed class TextTableTest
{
    private static readonly Column<(string Name, int Size)>[] Columns =
    [
        new("NAME", r => r.Name) { Shrinks = true },
        new("SIZE", r => $"{r.Size}") { Right = true },
        new("NOTE", r => r.Size > 9 ? "large" : ""),
        new("ID", r => $"id-{r.Size}") { Wide = true },
    ];

    [Fact]
    public void Columns_are_as_wide_as_their_texts_and_lines_end_without_spaces() =>
        Render([("web", 1), ("database", 10)], wide: false, width: null).ShouldBe(
        [
            "NAME      SIZE  NOTE",
            "web          1",
            "database    10  large",
        ]);

    [Fact]
    public void The_wide_form_has_all_columns() => Render([("web", 1)], wide: true, width: null)[1].ShouldBe("web      1        id-1");

    [Fact]
    public void A_narrow_terminal_cuts_the_columns_that_allow_it() =>
        Render([("a-rather-long-name", 10)], wide: false, width: 24).ShouldBe(
        [
            "NAME         SIZE  NOTE",
            "a-rather-l…    10  large",
        ]);

    [Fact]
    public void A_very_narrow_one_leaves_the_last_columns_out() =>
        Render([("a-rather-long-name", 10)], wide: false, width: 15).ShouldBe(["NAME      SIZE", "a-rathe…    10"]);

    [Fact]
    public void Control_characters_are_shown_not_obeyed() => Render([("a\u001b[31mb\nc", 1)], wide: false, width: null)[1].ShouldStartWith("a·[31mb c");

    [Fact]
    public void No_line_is_wider_than_the_terminal() =>
        Gen.Select(Gen.Int[8, 120], Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 0, 80], Gen.Int[0, 1_000_000]).List[0, 5]).Sample((width, rows) =>
            Render(rows, wide: true, width).All(l => l.Length <= width));

    private static string[] Render(IReadOnlyList<(string, int)> rows, bool wide, int? width)
    {
        using var text = new StringWriter();
        var console = TerminalOutput.Open(text, isTerminal: false, color: false);
        console.Write(TextTable<(string, int)>.Fit(Columns, rows, wide, width).All(rows));
        return text.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }
}
