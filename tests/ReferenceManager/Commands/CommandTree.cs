using System.CommandLine;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Data.Sqlite;
using ReferenceManager.Hosting;

namespace ReferenceManager.Commands;

/// <summary>The command line: `serve` is the manager, everything else asks one that runs.</summary>
internal static class CommandTree
{
    private const string DataVariable = "REFERENCE_MANAGER_DATA";

    private static readonly TimeSpan s_timeToLeave = TimeSpan.FromSeconds(10);

    private static readonly Option<string> s_data = new("--data")
    {
        Description = $"Directory of the manager's data; {DataVariable} in the environment says it too.",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(DataVariable) ?? "fleet",
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Write JSON.", Recursive = true };

    /// <summary>Runs one command line.</summary>
    /// <returns>0; 1 when the manager says no or is not there; 2 when the command line is wrong.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        var parse = Root().Parse(arguments);
        try
        {
            var code = await parse.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = s_timeToLeave,
                Output = output,
                Error = errors,
            });
            return parse.Errors.Count > 0 ? 2 : code;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled)
        {
            // Ctrl-C, which is how a command that follows is meant to end.
            return 0;
        }
        catch (RpcException error)
        {
            await errors.WriteLineAsync($"reference-manager: {error.Status.Detail} ({error.StatusCode})");
            return 1;
        }
        catch (Exception error) when (error is IOException or SocketException or SqliteException or FormatException or ArgumentException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"reference-manager: {error.Message}");
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
        FleetCommands.Announce(Asking),
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
            var directory = Path.GetFullPath(said.GetValue(s_data)!);
            var socket = ServerOptions.AdminSocketIn(directory);
            using var connection = File.Exists(socket)
                ? new AdminConnection(socket)
                : throw new IOException($"no manager runs on {directory}: start one with `reference-manager serve`, or say --data");
            await action(new Call(said, connection.Api, said.InvocationConfiguration.Output, said.GetValue(s_json), cancellation));
        });
        return command;
    }
}
