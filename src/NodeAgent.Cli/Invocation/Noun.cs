using System.CommandLine;

namespace NodeAgent.Cli.Invocation;

/// <summary>Commands about one kind of thing.</summary>
/// <param name="Name">How the kind is called.</param>
/// <param name="Summary">What the commands are for.</param>
/// <param name="Verbs">The commands.</param>
internal sealed record Noun(string Name, string Summary, IReadOnlyList<Verb> Verbs)
{
    /// <summary>Makes the command that holds the verbs.</summary>
    /// <param name="shell">What they work with.</param>
    /// <param name="whole">Which of the verbs are made with their options.</param>
    public Command ToCommand(Shell shell, Func<Verb, bool> whole)
    {
        var command = new Command(Name, Summary);
        foreach (var verb in Verbs)
        {
            command.Add(verb.ToCommand(shell, whole(verb)));
        }

        return command;
    }
}
