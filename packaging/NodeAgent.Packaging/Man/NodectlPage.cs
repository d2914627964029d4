using System.CommandLine;
using NodeAgent.Cli.Invocation;

namespace NodeAgent.Packaging.Man;

/// <summary>The page of nodectl as a whole: its commands from the tree, what they have in common from docs/nodectl.md.</summary>
internal static class NodectlPage
{
    /// <summary>Writes the page.</summary>
    public static ManPage Write(RootCommand root, Shell shell, string document, Edition edition)
    {
        var page = new ManPage("nodectl", 1, root.Description ?? "", edition);
        page.Title("SYNOPSIS");
        page.Synopsis("nodectl", $"{Roff.Italic("NOUN")} {Roff.Italic("VERB")} [{Roff.Italic("options")}]");
        page.Synopsis("nodectl", $"{Roff.Italic("VERB")} [{Roff.Italic("options")}]");

        page.Title("DESCRIPTION");
        page.Paragraph(root.Description ?? "");
        page.Paragraph("Each command has a page of its own; its option `--help` shows the essentials.");

        page.Title("COMMANDS");
        foreach (var noun in root.Subcommands)
        {
            page.Item($"{Roff.Bold(CommandPage.NameOf(noun.Name))}(1)", noun.Description ?? "");
        }

        page.Title("OPTIONS");
        CommandPage.WriteOptions(page, shell.Options.All);
        page.Item($"{Roff.Bold("--help")}, {Roff.Bold("-h")}", "Show the options and examples of a command.");
        page.Item(Roff.Bold("--version"), "Show the version of this program.");

        (string Title, string Heading)[] sections =
        [
            ("THE AGENT'S ADDRESS", "Where the agent is"),
            ("WAITING AND THE CONSOLE", "Commands"),
            ("EXIT STATUS", "Exit codes"),
            ("A VM AS A FILE", "A VM as a file"),
            ("OPTIONS INSTEAD OF A FILE", "Options instead of a file"),
        ];
        foreach (var (title, heading) in sections)
        {
            page.Title(title);
            var section = MarkdownSection.Of(document, heading);
            // The table of commands stands above already, made from the tree.
            (heading == "Commands" ? new MarkdownSection([.. section.Lines.SkipWhile(line => !line.StartsWith("### ", StringComparison.Ordinal))]) : section).WriteTo(page);
        }

        page.Title("ENVIRONMENT");
        page.Item(Roff.Bold("NODECTL_HOST"), "Address of the agent, where `--host` and `--context` are not given.");
        page.Item(Roff.Bold("NO_COLOR"), "Where it is set, nothing is printed in colours.");
        page.Item($"{Roff.Bold("VISUAL")}, {Roff.Bold("EDITOR")}", "The editor of **nodectl-vm-edit**(1).");

        page.Title("FILES");
        page.Item(Roff.Bold("/run/nodeagent/api.sock"), "The agent's socket. Members of the group `nodeagent` may use it.");
        page.Item(Roff.Bold("$XDG_CONFIG_HOME/nodectl/config.yaml"), "Contexts: names for agents. Else `~/.config/nodectl/config.yaml`.");

        page.Title("EXAMPLES");
        page.Example(["nodectl doctor", "nodectl vm create -f web.yaml --start", "nodectl vm console web", "nodectl vm list -o json"]);
        page.SeeAlso([.. root.Subcommands.Select(noun => (CommandPage.NameOf(noun.Name), 1)), ("nodeagentd", 8)]);
        return page;
    }
}
