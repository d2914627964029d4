using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using NodeAgent.Cli;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Configuration;
using NodeAgent.Packaging;
using NodeAgent.Packaging.Man;
using NodeAgent.Tests.Cli;

namespace NodeAgent.Tests.Packaging;

/// <summary>The manual says what the programs do, because it is made from them.</summary>
public sealed partial class ManualTests
{
    private static readonly Edition s_edition = new("1.2.3", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
    private static readonly IReadOnlyList<ManPage> s_pages = Manual.Pages(Repository.Root, s_edition);

    [Fact]
    public async Task Every_command_that_help_lists_has_a_page()
    {
        // Asked from outside, so that what the generator overlooks is missed.
        var commands = await CommandsAsync();

        commands.ShouldContain("vm start");
        s_pages.Select(page => page.FileName).Order(StringComparer.Ordinal).ShouldBe(
            commands.Select(command => CommandPage.NameOf(command) + ".1").Append("nodectl.1").Append("nodeagentd.8").Append("nodeagentd.conf.5").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_option_of_a_command_is_in_its_page()
    {
        foreach (var command in await CommandsAsync())
        {
            var page = Text(CommandPage.NameOf(command) + ".1");
            var help = (await CliResult.RunAsync(new CliInput(), [.. command.Split(' '), "--help"])).Out;
            var options = OptionInHelp().Matches(help[help.IndexOf("Options:", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value).ToArray();

            options.ShouldContain("--help", command);
            options.Where(option => !page.Contains($"\n{option}", StringComparison.Ordinal)).ShouldBeEmpty(command);
        }
    }

    [Fact]
    public void Every_page_has_the_sections_that_people_look_for()
    {
        foreach (var page in s_pages.Select(page => (page.FileName, Text: page.ToRoff())))
        {
            string[] sections = page.FileName.EndsWith(".5", StringComparison.Ordinal)
                ? ["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "EXAMPLES", "SEE ALSO"]
                : ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "FILES", "SEE ALSO"];
            foreach (var section in sections)
            {
                page.Text.ShouldMatch($"(?m)^\\.SH \"?{section}\"?$", page.FileName);
            }
        }
    }

    [Fact]
    public void The_examples_of_help_are_in_the_page() =>
        Text("nodectl-vm-start.1").ShouldContain("nodectl vm start web --paused --no-wait");

    [Fact]
    public void Every_exit_status_is_in_the_manual()
    {
        var text = Text("nodectl.1");
        foreach (var code in typeof(ExitCode).GetFields().Select(field => (int)field.GetRawConstantValue()!))
        {
            text.ShouldContain($".TP\n{code}\n");
        }
    }

    [Fact]
    public void Every_key_of_the_configuration_is_in_its_page_with_default_and_variable()
    {
        var text = Text("nodeagentd.conf.5").ReplaceLineEndings(" ");
        foreach (var key in ConfigSchema.Keys)
        {
            text.ShouldContain($"{key.Name} = value");
            text.ShouldContain(key.EnvironmentName + ".");
            text.ShouldContain(key.Show(new AgentOptions()) is { Length: > 0 } value ? $"Default: {value}." : "Default: empty.");
        }
    }

    [Fact]
    public void Every_option_of_the_daemon_is_in_its_page()
    {
        var options = DaemonOption().Matches(CommandLine.Usage).Select(match => match.Groups[1].Value).ToArray();
        options.Length.ShouldBeGreaterThan(6);
        var text = Text("nodeagentd.8");
        options.Where(option => !text.Contains($".TP\n{option}", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void No_mark_of_another_format_is_left_in_a_page()
    {
        foreach (var page in s_pages)
        {
            page.ToRoff().ShouldNotContain("**", Case.Sensitive, page.FileName);
            OtherMark().Match(page.ToRoff()).Value.ShouldBe("", page.FileName);
        }
    }

    [Fact]
    public void A_page_tells_version_and_day_and_is_the_same_each_time()
    {
        s_pages[0].ToRoff().ShouldContain(".TH NODEAGENTD 8 2023-11-14 \"NodeAgent 1.2.3\"");
        Manual.Pages(Repository.Root, s_edition).Select(page => page.ToRoff()).ShouldBe(s_pages.Select(page => page.ToRoff()));
    }

    [Theory]
    [InlineData("a `b-c` *d* **e** [f](g)", "a \\fBb\\-c\\fP \\fId\\fP \\fBe\\fP f")]
    [InlineData("'x' \\ * y * z", "\\(aqx\\(aq \\e * y * z")]
    [InlineData("conf.d/*.conf …", "conf.d/*.conf \\[u2026]")]
    public void Prose_is_escaped(string markdown, string roff) => Roff.Prose(markdown).ShouldBe(roff);

    [Fact]
    public void A_line_that_begins_with_a_dot_is_text() =>
        Roff.Lines(new string('x', 77) + " .conf").Last().ShouldBe("\\&.conf");

    [Fact]
    public async Task Mandoc_and_man_have_nothing_to_say_against_the_pages()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/mandoc"), "mandoc is not installed; make setup fetches it");
        using var folder = new TemporaryDirectory();
        foreach (var page in s_pages)
        {
            await File.WriteAllTextAsync(Path.Combine(folder.Path, page.FileName), page.ToRoff(), TestContext.Current.CancellationToken);
        }

        using var mandoc = Process.Start(new ProcessStartInfo("/usr/bin/mandoc", ["-T", "lint", "-W", "warning", .. Directory.EnumerateFiles(folder.Path)])
        {
            RedirectStandardOutput = true,
        })!;
        (await mandoc.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBe("");
        await mandoc.WaitForExitAsync(TestContext.Current.CancellationToken);
        mandoc.ExitCode.ShouldBe(0);
    }

    private static async Task<IReadOnlyList<string>> CommandsAsync(string parent = "")
    {
        string[] words = parent.Length == 0 ? [] : parent.Split(' ');
        var help = (await CliResult.RunAsync(new CliInput(), [.. words, "--help"])).Out;
        var begin = help.IndexOf("Commands:", StringComparison.Ordinal);
        if (begin < 0)
        {
            return [];
        }

        var all = new List<string>();
        foreach (Match match in CommandInHelp().Matches(help[begin..]))
        {
            var command = parent.Length == 0 ? match.Groups[1].Value : $"{parent} {match.Groups[1].Value}";
            all.Add(command);
            all.AddRange(await CommandsAsync(command));
        }

        return all;
    }

    // What a reader sees, with the macros' lines left in.
    private static string Text(string file) => Font().Replace(s_pages.Single(page => page.FileName == file).ToRoff(), "")
        .Replace("\\-", "-", StringComparison.Ordinal).Replace("\\(aq", "'", StringComparison.Ordinal).Replace("\\&", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\\f[BIP]")]
    private static partial Regex Font();

    [GeneratedRegex(@"^  ([a-z][a-z-]*)", RegexOptions.Multiline)]
    private static partial Regex CommandInHelp();

    [GeneratedRegex(@"^  (?:-\w, |-\?, )*(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionInHelp();

    [GeneratedRegex(@"^  (--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex DaemonOption();

    [GeneratedRegex(@"`|\]\(")]
    private static partial Regex OtherMark();
}
