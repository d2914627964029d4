using System.CommandLine;

namespace NodeAgent.Cli.Contexts;

/// <summary>The argument that names a context. Its name, "context", is what shell completion looks for.</summary>
internal static class ContextName
{
    /// <summary>Adds the argument.</summary>
    public static Argument<string> AddTo(Command command)
    {
        var name = new Argument<string>("context") { Description = "Name of the context.", HelpName = "CONTEXT" };
        command.Add(name);
        return name;
    }
}
