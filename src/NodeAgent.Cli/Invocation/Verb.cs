using System.CommandLine;

namespace NodeAgent.Cli.Invocation;

/// <summary>A command that does something.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Describe">Adds its options and says what happens when it is called.</param>
internal sealed record Verb(string Name, string Summary, Action<Command, Shell> Describe)
{
    /// <summary>Makes the command.</summary>
    /// <param name="shell">What it works with.</param>
    /// <param name="whole">Whether with its options; else only its name and summary.</param>
    public Command ToCommand(Shell shell, bool whole)
    {
        var command = new Command(Name, Summary);
        if (whole)
        {
            Describe(command, shell);
        }

        return command;
    }
}
