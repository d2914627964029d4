using System.CommandLine;
using NodeAgent.Cli;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Terminal;

namespace NodeAgent.Packaging.Man;

/// <summary>All pages of the manual.</summary>
internal static class Manual
{
    /// <summary>Makes the pages of a source tree.</summary>
    /// <param name="root">The folder of NodeAgent.sln.</param>
    /// <param name="edition">Version and day.</param>
    public static IReadOnlyList<ManPage> Pages(string root, Edition edition)
    {
        string Read(string path) => File.ReadAllText(Path.Combine(root, path));

        var shell = new Shell(Surroundings.OfProcess());
        var tree = Nodectl.Tree(shell);
        var commands = new CommandPage(shell, edition);
        return
        [
            DaemonPage.Write(edition),
            ConfigurationPage.Write(Read("packaging/nodeagentd.conf"), Read("docs/configuration.md"), edition),
            NodectlPage.Write(tree, shell, Read("docs/nodectl.md"), edition),
            .. Commands(tree, "").Select(command => commands.Write(command.Command, command.Path)),
        ];
    }

    /// <summary>All commands below one, parents before children, with the words that lead to them.</summary>
    internal static IEnumerable<(Command Command, string Path)> Commands(Command parent, string path) =>
        parent.Subcommands.Where(child => !child.Hidden).SelectMany(child =>
        {
            var words = path.Length == 0 ? child.Name : $"{path} {child.Name}";
            return Commands(child, words).Prepend((child, words));
        });
}
