using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Cli.Contexts;

/// <summary><c>context delete</c></summary>
internal static class ContextDelete
{
    /// <summary>Adds the argument and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = ContextName.AddTo(command);
        shell.Handle(command, call =>
        {
            var file = ContextFile.Load(call.Surroundings.Environment);
            _ = file[call.Get(name)];
            var rest = file.Places.Where(h => h.Key != call.Get(name)).ToDictionary();
            (file with { Places = rest, Current = file.Current == call.Get(name) ? "" : file.Current }).Save();
            call.Printer.Line($"{call.Get(name)}: forgotten");
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
