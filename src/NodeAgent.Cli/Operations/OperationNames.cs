using System.CommandLine;

namespace NodeAgent.Cli.Operations;

/// <summary>The argument that names operations.</summary>
internal static class OperationNames
{
    private const string Collection = "operations/";

    /// <summary>Adds an argument for one or more operations.</summary>
    public static Argument<string[]> AddTo(Command command)
    {
        var names = new Argument<string[]>("operation")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "Operations, as 'operations/ID' or 'ID'.",
            HelpName = "OPERATION",
        };
        command.Add(names);
        return names;
    }

    /// <summary>The full name of what may be an id only.</summary>
    public static string Full(string name) => name.StartsWith(Collection, StringComparison.Ordinal) ? name : Collection + name;
}
