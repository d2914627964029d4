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
        var node = new Option<string?>("--node") { Description = "Id of the node that must answer; otherwise any node of the fleet may.", HelpName = "ID" };
        command.Add(node);
        shell.Examples(
            command,
            "nodectl context set lab --host unix:/run/lab/api.sock",
            "nodectl context set node7 --host node7.example:9465 --certificate alice.pem --key alice.key --authorities fleet.pem",
            "nodectl context use lab");
        shell.Handle(command, call =>
        {
            var place = call.GivenPlace ?? throw new CommandException(ExitCode.Usage, "say which agent it is: --host unix:PATH or --host HOST:PORT");
            place = place with { Node = call.Get(node) };
            if (place is { Address: UnixAddress } && place != new AgentPlace(place.Address))
            {
                throw new CommandException(ExitCode.Usage, "an agent on this host is reached without certificates: leave --certificate, --key, --authorities and --node out");
            }

            var file = ContextFile.Load(call.Surroundings.Environment);
            (file with { Places = new Dictionary<string, AgentPlace>(file.Places) { [call.Get(name)] = place } }).Save();
            call.Printer.Line($"{call.Get(name)}: {place.Address}");
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
