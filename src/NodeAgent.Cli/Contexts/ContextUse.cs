using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Cli.Contexts;

/// <summary><c>context use</c></summary>
internal static class ContextUse
{
    /// <summary>Adds the argument and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = ContextName.AddTo(command);
        shell.Handle(command, call =>
        {
            var file = ContextFile.Load(call.Surroundings.Environment);
            var place = file[call.Get(name)];
            (file with { Current = call.Get(name) }).Save();
            call.Printer.Line($"in use: {call.Get(name)} ({place.Address})");
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
