using System.CommandLine;
using NodeAgent.Cli.Invocation;

namespace NodeAgent.Packaging.Man;

/// <summary>The page of one command of nodectl, from the tree that answers <c>--help</c>.</summary>
/// <param name="shell">Knows the examples.</param>
/// <param name="edition">Version and day.</param>
internal sealed class CommandPage(Shell shell, Edition edition)
{
    // Commands whose exit status tells more than success.
    private static readonly Dictionary<string, string[]> s_exitStatus = new(StringComparer.Ordinal)
    {
        ["doctor"] = ["**0**: this host is fit.", "**1**: it works, with losses.", "**2**: it is not fit.", "**5**, **7**: the agent cannot be reached, or must not be."],
    };

    /// <summary>Writes the page.</summary>
    /// <param name="command">The command.</param>
    /// <param name="path">The words that lead to it: "vm start".</param>
    public ManPage Write(Command command, string path)
    {
        var page = new ManPage(NameOf(path), 1, command.Description ?? "", edition);
        var own = Own(command).ToList();
        var inherited = shell.Options.All.Where(option => !own.Exists(mine => mine.Name == option.Name)).ToList();

        page.Title("SYNOPSIS");
        page.Synopsis($"nodectl {path}", string.Join(' ', InSynopsis(command, own)));

        page.Title("DESCRIPTION");
        page.Paragraph(command.Description ?? "");
        if (command.Subcommands.Count > 0)
        {
            WriteVerbs(page, command, path);
        }

        if (command.Arguments.Count > 0)
        {
            page.Title("ARGUMENTS");
            foreach (var argument in command.Arguments)
            {
                page.Item(OptionText.Term(argument), argument.Description ?? "");
            }
        }

        page.Title("OPTIONS");
        WriteOptions(page, own);
        page.Subtitle("Options of every command");
        WriteOptions(page, inherited);
        page.Item($"{Roff.Bold("--help")}, {Roff.Bold("-h")}", "Show the command's options and examples.");

        page.Title("EXIT STATUS");
        var status = s_exitStatus.GetValueOrDefault(path, ["**0** when all was done; otherwise one of those that are listed in **nodectl**(1)."]);
        foreach (var line in status)
        {
            page.Paragraph(line);
        }

        page.Title("FILES");
        page.Item(Roff.Bold("/run/nodeagent/api.sock"), "The agent's socket, unless `--host`, `--context` or `NODECTL_HOST` name another.");
        if (shell.ExamplesOf(command) is { Count: > 0 } examples)
        {
            page.Title("EXAMPLES");
            page.Example(examples);
        }

        var noun = path.Split(' ')[0];
        page.SeeAlso([("nodectl", 1), .. path == noun ? [] : new[] { (NameOf(noun), 1) }, ("nodeagentd", 8)]);
        return page;
    }

    /// <summary>The page of a command: "vm start" is nodectl-vm-start.</summary>
    public static string NameOf(string path) => path.Length == 0 ? "nodectl" : "nodectl-" + path.Replace(' ', '-');

    /// <summary>Writes an item for each option.</summary>
    public static void WriteOptions(ManPage page, IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            page.Item(OptionText.Term(option), OptionText.Description(option));
        }
    }

    private static IEnumerable<Option> Own(Command command) => command.Options.Where(option => !option.Hidden);

    private static IEnumerable<string> InSynopsis(Command command, IReadOnlyList<Option> own) => command.Subcommands.Count > 0
        ? [Roff.Italic("COMMAND"), $"[{Roff.Italic("options")}]"]
        : [.. own.Select(OptionText.InSynopsis), $"[{Roff.Italic("options")}]", .. command.Arguments.Select(OptionText.Term)];

    private static void WriteVerbs(ManPage page, Command command, string path)
    {
        page.Title("COMMANDS");
        foreach (var verb in command.Subcommands)
        {
            page.Item($"{Roff.Bold(NameOf($"{path} {verb.Name}"))}(1)", verb.Description ?? "");
        }
    }
}
