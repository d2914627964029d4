using System.CommandLine;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Invocation;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Cli.Contexts;

/// <summary><c>context set</c></summary>
internal static class ContextSet
{
    /// <summary>Adds the argument and the action.</summary>
    public static void Describe(Command command, Shell shell)
    {
        var name = ContextName.AddTo(command);
        shell.Examples(command, "nodectl context set lab --host unix:/run/lab/api.sock", "nodectl context use lab");
        shell.Handle(command, call =>
        {
            var host = call.GivenHost ?? throw new CommandException(ExitCode.Usage, "say which agent it is: --host unix:PATH");
            var file = ContextFile.Load(call.Surroundings.Environment);
            (file with { Hosts = new Dictionary<string, HostAddress>(file.Hosts) { [call.Get(name)] = host } }).Save();
            call.Printer.Line($"{call.Get(name)}: {host}");
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
