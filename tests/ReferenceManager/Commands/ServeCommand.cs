using System.CommandLine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using ReferenceManager.Addresses;
using ReferenceManager.Authority;
using ReferenceManager.Hosting;

namespace ReferenceManager.Commands;

/// <summary><c>serve</c>: the manager itself, until SIGTERM or Ctrl-C.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> s_listen = new("--listen") { Description = "HOST:PORT for nodes; port 0 takes any.", DefaultValueFactory = _ => "127.0.0.1:7443" };
    private static readonly Option<string[]> s_endpoints = new("--endpoint") { Description = "HOST:PORT where nodes reach it, where that is not --listen; may be repeated." };
    private static readonly Option<string?> s_fleet = new("--fleet") { Description = "Id of the fleet, at the first start." };
    private static readonly Option<string> s_name = new("--name") { Description = "Name of this manager.", DefaultValueFactory = _ => "reference" };
    private static readonly Option<string> s_lease = new("--lease-interval") { Description = "How often nodes say that they live.", DefaultValueFactory = _ => "5s" };
    private static readonly Option<string> s_nodeValidity = new("--node-validity") { Description = "How long certificates of nodes are valid.", DefaultValueFactory = _ => "90d" };
    private static readonly Option<string> s_ownValidity = new("--manager-validity") { Description = "How long the manager's own certificate is valid.", DefaultValueFactory = _ => "30d" };
    private static readonly Option<string?> s_readyFile = new("--ready-file") { Description = "Written when nodes can come: the endpoints, one a line." };

    /// <summary>The command.</summary>
    public static Command Create(Option<string> data)
    {
        var command = new Command("serve", "Be a manager.") { s_listen, s_endpoints, s_fleet, s_name, s_lease, s_nodeValidity, s_ownValidity, s_readyFile };
        command.SetAction((said, stop) => RunAsync(Read(said, said.GetValue(data)!), said.InvocationConfiguration.Output, stop));
        return command;
    }

    private static ServerOptions Read(ParseResult said, string directory)
    {
        var fleet = said.GetValue(s_fleet);
        var name = said.GetValue(s_name)!;
        return (fleet is null || FleetIdentity.IsFleet(fleet)) && FleetIdentity.IsName(name)
            ? new ServerOptions(Path.GetFullPath(directory), HostPort.Parse(said.GetValue(s_listen)!))
            {
                Endpoints = [.. (said.GetValue(s_endpoints) ?? []).Select(endpoint => HostPort.Parse(endpoint).ToString())],
                Fleet = fleet,
                Name = name,
                LeaseInterval = Span.Parse(said.GetValue(s_lease)!),
                NodeValidity = Span.Parse(said.GetValue(s_nodeValidity)!),
                OwnValidity = Span.Parse(said.GetValue(s_ownValidity)!),
                ReadyFile = said.GetValue(s_readyFile),
            }
            : throw new FormatException("--fleet and --name are made of letters, digits, '-', '.' and '_'");
    }

    private static async Task RunAsync(ServerOptions options, TextWriter output, CancellationToken stop)
    {
        if (options.ReadyFile is { } old)
        {
            // Of an earlier run: whoever waits for it must not read that.
            File.Delete(old);
        }

        using var logs = LoggerFactory.Create(log => log
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Grpc", LogLevel.Warning)
            .AddSimpleConsole(console => (console.SingleLine, console.ColorBehavior, console.TimestampFormat, console.UseUtcTimestamp) =
                (true, LoggerColorBehavior.Disabled, "yyyy-MM-ddTHH:mm:ss.fffZ ", true)));
        await using var server = await ReferenceServer.StartAsync(options, TimeProvider.System, logs);
        if (options.ReadyFile is { } file)
        {
            // Whole or not at all: a test that waits for it reads it the moment it is there.
            await File.WriteAllLinesAsync(file + ".new", server.Endpoints, CancellationToken.None);
            File.Move(file + ".new", file, overwrite: true);
        }

        await output.WriteLineAsync($"reference-manager: ready at {string.Join(", ", server.Endpoints)}, admin socket {server.Admin}");
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
    }
}
