using System.Reflection;
using Microsoft.Extensions.Hosting.Systemd;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Logging;
using NodeAgent.Metrics;

namespace NodeAgent.Hosting;

/// <summary>The agent from start to stop.</summary>
internal static partial class Daemon
{
    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(Daemon).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="StartException">It can't start.</exception>
    public static async Task RunAsync(ConfigSources sources, AgentOptions initial)
    {
        var options = new LiveOptions(initial);
        await using var writer = new LineWriter(Console.OpenStandardError());
        using var provider = new LineLoggerProvider(
            writer, initial.LogFormat, Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 }, TimeProvider.System);
        options.Observe(provider.Follow);

        PrepareDirectories(initial);
        var sockets = initial.SocketPaths.ToDictionary(path => path, path => ApiSocket.Bind(path, initial));
        try
        {
            await using var app = AgentServer.Build(options, sockets, provider, services =>
            {
                services.AddSingleton<MetricsRegistry>();
                services.AddSingleton<RpcMetrics>();
            });
            var reloader = new Reloader(sources, options, TimeProvider.System);
            var registry = app.Services.GetRequiredService<MetricsRegistry>();
            _ = new ProcessMetrics(registry, writer, Version);
            reloader.Observe(new ConfigMetrics(registry).Record);
            using var signal = new ReloadSignal(
                reloader, app.Services.GetService<ISystemdNotifier>(), TimeProvider.System, app.Services.GetRequiredService<ILogger<ReloadSignal>>());
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("NodeAgent.Daemon");
            await StartAsync(app, initial);
            LogServing(log, Version, string.Join(", ", initial.SocketPaths), initial.Metrics.Listen?.ToString() ?? "none");
            app.Services.GetRequiredService<Readiness>().Advance(AgentPhase.Ready);
            await app.WaitForShutdownAsync();
            LogStopped(log);
        }
        finally
        {
            foreach (var socket in sockets.Values)
            {
                socket.Dispose();
            }
        }
    }

    private static async Task StartAsync(WebApplication app, AgentOptions options)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new StartException($"The metrics address {options.Metrics.Listen} is in use. Choose another with --metrics-listen, or none.", error);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new StartException($"The metrics address {options.Metrics.Listen} can't be used: {error.Message} Choose another with --metrics-listen, or none.", error);
        }
    }

    private static void PrepareDirectories(AgentOptions options)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        const UnixFileMode anyoneMayPass = ownerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        try
        {
            Directory.CreateDirectory(options.StateDirectory, ownerOnly);
            Directory.CreateDirectory(options.RunDirectory, anyoneMayPass);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{error.Message} Run as root, or choose other directories with --state-dir and --run-dir.", error);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "nodeagentd {Version} serves {Sockets}; metrics on {Metrics}")]
    private static partial void LogServing(ILogger log, string version, string sockets, string metrics);

    [LoggerMessage(Level = LogLevel.Information, Message = "nodeagentd has stopped; guests run on")]
    private static partial void LogStopped(ILogger log);
}
