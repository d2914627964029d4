using System.CommandLine;

namespace NodeAgent.Cli.Invocation;

/// <summary>A command that does something.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Describe">Adds its options and says what happens when it is called.</param>
internal sealed record Verb(string Name, string Summary, Action<Command, Shell> Describe)
{
    /// <summary>Makes the command.</summary>
    public Command ToCommand(Shell shell)
    {
        var command = new Command(Name, Summary);
        Describe(command, shell);
        return command;
    }
}

/// <summary>Commands about one kind of thing.</summary>
/// <param name="Name">How the kind is called.</param>
/// <param name="Summary">What the commands are for.</param>
/// <param name="Verbs">The commands.</param>
internal sealed record Noun(string Name, string Summary, IReadOnlyList<Verb> Verbs)
{
    /// <summary>Makes the command that holds the verbs.</summary>
    public Command ToCommand(Shell shell)
    {
        var command = new Command(Name, Summary);
        foreach (var verb in Verbs)
        {
            command.Add(verb.ToCommand(shell));
        }

        return command;
    }
}
