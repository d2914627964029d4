using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using NodeAgent.Cli.Audit;
using NodeAgent.Cli.Completion;
using NodeAgent.Cli.Contexts;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Events;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Nodes;
using NodeAgent.Cli.Operations;
using NodeAgent.Cli.Terminal;
using NodeAgent.Cli.Vms;

namespace NodeAgent.Cli;

/// <summary>The program: the command tree, and running it.</summary>
internal static class Nodectl
{
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(5);

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings surroundings, CancellationToken cancellation = default)
    {
        var parse = Tree(new Shell(surroundings), Meant(arguments)).Parse(arguments);
        var invocation = new InvocationConfiguration
        {
            Output = surroundings.Out,
            Error = surroundings.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TimeToLeave,
        };
        var wrong = parse.Action as ParseErrorAction;
        if (wrong is not null)
        {
            // Help is shown only where the mistake is to have said too little.
            wrong.ShowHelp = parse.CommandResult.Command.Subcommands.Count > 0 && parse.UnmatchedTokens.Count == 0;
        }

        var code = await parse.InvokeAsync(invocation, cancellation);
        await surroundings.Out.FlushAsync(CancellationToken.None);
        return wrong is null ? code : ExitCode.Usage;
    }

    /// <summary>All commands, with all of their options.</summary>
    public static RootCommand Tree(Shell shell) => Tree(shell, static _ => true);

    // Options that follow the contract are made from its descriptors, which take longer to load than most answers: only
    // verbs that the command line names get theirs. Where it names none, help or a mistake is all that can come of it.
    private static Func<Verb, bool> Meant(IReadOnlyList<string> arguments)
    {
        var named = Nouns.SelectMany(noun => noun.Verbs).Concat(Verbs).Select(verb => verb.Name).Intersect(arguments).ToHashSet();
        return verb => named.Count == 0 || named.Contains(verb.Name);
    }

    private static RootCommand Tree(Shell shell, Func<Verb, bool> whole)
    {
        var root = new RootCommand("Looks after the virtual machines of a node, through its agent nodeagentd.");
        foreach (var option in shell.Options.All)
        {
            root.Add(option);
        }

        foreach (var noun in Nouns)
        {
            root.Add(noun.ToCommand(shell, whole));
        }

        foreach (var verb in Verbs)
        {
            root.Add(verb.ToCommand(shell, whole(verb)));
        }

        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples(shell, (HelpAction)help.Action!);
        return root;
    }

    private static IEnumerable<Noun> Nouns => [VmNoun.Noun, NodeNoun.Noun, EventNoun.Noun, AuditNoun.Noun, OpNoun.Noun, ContextNoun.Noun];

    private static IEnumerable<Verb> Verbs =>
    [
        new("doctor", "Say what is wrong with this host and how to mend it.", Doctor.Describe),
        new("top", "Show what the node and its VMs are doing.", Top.Describe),
        new("completion", "Print a script that completes commands, options and names of VMs.", CompletionCommand.Describe),
        new("version", "Show the versions of this program and of the agent.", Nodes.Version.Describe),
    ];
}
