using System.CommandLine;
using Grpc.Core;
using ReferenceManager.Hosting;

namespace ReferenceManager.Commands;

/// <summary>The command line: `serve` is the manager, everything else asks one that runs.</summary>
internal static class CommandTree
{
    private const string DataVariable = "REFERENCE_MANAGER_DATA";

    private static readonly Option<string> s_data = new("--data")
    {
        Description = $"Directory of the manager's data; {DataVariable} in the environment says it too.",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DataVariable) ?? "fleet",
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON.", Recursive = true };

    /// <summary>Runs one command line.</summary>
    /// <returns>0; 1 when the manager says no or is not there; 2 when the command line is wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        var parse = Root().Parse(arguments);
        try
        {
            var code = await parse.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return parse.Errors.Count > 0 ? 2 : code;
        }
        catch (RpcException error)
        {
            await Console.Error.WriteLineAsync($"reference-manager: {error.Status.Detail} ({error.StatusCode})");
            return 1;
        }
        catch (Exception error) when (error is IOException or FormatException or ArgumentException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"reference-manager: {error.Message}");
            return 1;
        }
    }

    private static RootCommand Root() => new("A manager of NodeAgent's nodes, for tests and for authors of managers.")
    {
        s_data,
        s_json,
        ServeCommand.Create(s_data),
        AdmissionCommands.Token(Asking),
        AdmissionCommands.Pending(Asking),
        AdmissionCommands.Approve(Asking),
        AdmissionCommands.Reject(Asking),
        FleetCommands.Status(Asking),
        FleetCommands.Nodes(Asking),
        FleetCommands.Vms(Asking),
        FleetCommands.Events(Asking),
        VmCommands.Create(Asking),
        CertificateCommands.Cert(Asking),
        CertificateCommands.Revoke(Asking),
        CertificateCommands.RotateCa(Asking),
    };

    // Gives a command its action: with a connection to the manager.
    private static Command Asking(Command command, Func<Call, Task> action)
    {
        command.SetAction(async (said, cancellation) =>
        {
            using var connection = new AdminConnection(ServerOptions.AdminSocketIn(said.GetValue(s_data)!));
            await action(new Call(said, connection.Api, Console.Out, said.GetValue(s_json), cancellation));
        });
        return command;
    }
}
