using System.Reflection;
using NodeAgent.Audit;
using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Logging;
using NodeAgent.Metrics;
using NodeAgent.Systemd;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>
/// The agent from start to stop. The ledger is opened beside the building of the listeners; then it listens and says
/// that it is starting; then the guests are re-attached; then it is ready. What is slow (KVM's self-test, the QEMU
/// binary) is found out beside all of that.
/// </summary>
internal static partial class Daemon
{
    private static readonly TimeSpan SurveyGrace = TimeSpan.FromMilliseconds(250);

    /// <summary>The version of this build.</summary>
    public static string Version { get; } =
        typeof(Daemon).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Runs until it is told to stop.</summary>
    /// <exception cref="StartException">It can't start.</exception>
    public static async Task RunAsync(ConfigSources sources, AgentOptions initial)
    {
        await using var service = new AgentService(ServiceEnvironment.Take(), TimeProvider.System);
        try
        {
            await RunAsync(sources, initial, service);
        }
        catch (StartException error)
        {
            service.Report.Failed(error.Message);
            throw;
        }
    }

    private static async Task RunAsync(ConfigSources sources, AgentOptions initial, AgentService service)
    {
        var time = TimeProvider.System;
        var startTime = time.GetUtcNow();
        var options = new LiveOptions(initial);
        await using var writer = LogTarget.Open(initial.LogFormat, service.Given.JournalStream, JournalSocket.DefaultPath, time);
        using var provider = new LineLoggerProvider(writer, time);
        options.Observe(provider.Follow);
        using var log = new LoggerFactory([provider], new LoggerFilterOptions { MinLevel = LogLevel.Trace });

        service.Report.Starting("reading the ledger");
        PrepareDirectories(initial);
        await FormerAgent.UntilLetGoAsync(initial, time);
        var opening = Task.Run(() => NodeFloor.Open(options, time, log));
        using var sockets = ApiSockets.Bind(initial, service.Given.Descriptors);
        var reloader = new Reloader(sources, options, time);
        NodeFloor? floor = null;
        await using var app = AgentServer.Build(
            options, sockets, provider, services => Composition.Add(services, () => floor!, new AgentStart(initial, reloader, writer, Version, startTime)));
        await using var opened = floor = await opening;
        await ServeAsync(app, floor, service, sockets.Paths, log.CreateLogger("NodeAgent.Daemon"));
        await floor.Survey.SettleAsync();
    }

    private static async Task ServeAsync(WebApplication app, NodeFloor floor, AgentService service, IReadOnlyCollection<string> sockets, ILogger log)
    {
        var time = TimeProvider.System;
        var start = app.Services.GetRequiredService<AgentStart>();
        var (options, reloader) = (start.Options, start.Reloader);
        var stopping = app.Lifetime.ApplicationStopping;
        Composition.Connect(app.Services);
        using var signal = new ReloadSignal(reloader, service.Report, app.Services.GetRequiredService<ILogger<ReloadSignal>>());
        reloader.Observe(outcome => Note(
            floor.Ledger, outcome.IsGood ? EventKinds.AgentReloaded : EventKinds.AgentReloadFailed, outcome.Summary,
            outcome.IsGood ? EventSeverity.Info : EventSeverity.Warning));
        var credentials = app.Services.GetRequiredService<CredentialStore>();
        credentials.Reload();
        reloader.Observe(_ => credentials.Reload());
        reloader.Observe(outcome => _ = floor.ShutdownWatch?.RefreshAsync());
        await StartAsync(app, options);
        LogServing(log, Version, string.Join(", ", sockets), options.Remote.Listen?.ToString() ?? "none", options.Metrics.Listen?.ToString() ?? "none");
        Note(floor.Ledger, EventKinds.AgentStarted, $"nodeagentd {Version} serves{(floor.Ground.IsSimulated ? " a simulated node" : "")}.");
        if (floor.Ground.IsSimulated)
        {
            LogSimulated(log);
        }

        var readiness = app.Services.GetRequiredService<Readiness>();
        service.Follow(readiness, options.StopTimeout, floor.Registry.Feed, floor.Ledger);
        service.Report.Starting("looking after the guests");
        using var watchdog = service.Watch(LifeProbes.Of(floor.Ledger, floor.Registry, sockets.First(), time), app.Services.GetRequiredService<ILogger<Watchdog>>());
        using var leaving = stopping.Register(() =>
        {
            watchdog?.Dispose();
            readiness.Advance(AgentPhase.Stopping);
        });
        try
        {
            // The self-test wants a processor for itself, and the guests come first; unless one of them is silent.
            var recovering = floor.RecoverAsync(stopping);
            await Task.WhenAny(recovering, Task.Delay(SurveyGrace, time, stopping));
            _ = floor.Survey.LookAsync(anew: false);
            await recovering;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop while looking after the guests; the next agent goes on with it.
            await app.WaitForShutdownAsync();
            return;
        }

        readiness.Advance(AgentPhase.Ready);
        LogReady(log, floor.Recovery!.Adopted, floor.Recovery.Stopped, floor.Recovery.Quarantined, floor.Recovery.Silent, floor.Recovery.Duration.TotalMilliseconds);
        floor.ShutdownWatch?.OnLeavingWithHost = service.Report.LeavingWithHost;
        // What the host's shutdown asks of the guests takes as long as it takes; nothing else holds the agent up.
        var hostShutdown = floor.ShutdownWatch?.RunAsync(stopping) ?? Task.CompletedTask;
        var keeper = app.Services.GetRequiredService<LoopKeeper>();
        var loops = Task.WhenAll(
            keeper.KeepAsync("The sampling of guests", floor.Sampler.RunAsync, stopping),
            keeper.KeepAsync("The watch over the host", floor.WatchHostAsync, stopping),
            FleetComposition.RunAsync(app.Services, stopping),
            options.Autostart.Enabled ? keeper.EndAsync("The autostart of guests", floor.AutostartAsync(stopping), stopping) : Task.CompletedTask);
        _ = GiveBackAsync(floor.Survey, stopping);

        await app.WaitForShutdownAsync();
        await Task.WhenAll(hostShutdown, loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var farewell = floor.Standing.Gate.HostGoesDown ? "nodeagentd leaves with the host"
            : floor.Ground.IsSimulated ? "nodeagentd leaves, and its simulated host with it"
            : "nodeagentd leaves; guests run on";
        app.Services.GetRequiredService<AuditTrail>().Flush();
        Note(floor.Ledger, EventKinds.AgentStopping, farewell + ".");
        LogStopped(log, farewell);
    }

    // Building the listeners and asking QEMU leaves several megabytes of garbage, and the agent may idle for weeks.
    private static async Task GiveBackAsync(NodeSurvey survey, CancellationToken stopping)
    {
        await ((Task)survey.GetAsync(stopping)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private static async Task StartAsync(WebApplication app, AgentOptions options)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException error) when (error.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new StartException($"{Addresses(options)} is in use. Choose another with --metrics-listen or [remote] listen, or none.", error);
        }
        catch (System.Net.Sockets.SocketException error)
        {
            throw new StartException($"{Addresses(options)} can't be used: {error.Message} Choose another with --metrics-listen or [remote] listen, or none.", error);
        }
    }

    // The server does not say which of them it was.
    private static string Addresses(AgentOptions options) => options.Remote.Listen is { } remote
        ? $"The metrics address {options.Metrics.Listen} or the remote address {remote}"
        : $"The metrics address {options.Metrics.Listen}";

    private static void PrepareDirectories(AgentOptions options)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        const UnixFileMode anyoneMayPass = ownerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        try
        {
            Directory.CreateDirectory(options.StateDirectory, ownerOnly);
            Directory.CreateDirectory(options.RunDirectory, anyoneMayPass);
            SimulationMark.Check(options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{error.Message} Run as root, or choose other directories with --state-dir and --run-dir.", error);
        }
    }

    // The ledger itself holds what a full disk does not take, and tells of it in its health.
    private static void Note(NodeLedger ledger, string kind, string message, EventSeverity severity = EventSeverity.Info)
    {
        var now = TimeProvider.System.GetUtcNow();
        _ = ledger.RecordAsync(new LedgerBatch(
            new AppendEvent(new EventDraft(now, kind, null, new EventPayload(message, severity).ToJson()) { Caller = AuditDraft.Agent }),
            new AppendAudit(new AuditDraft(now, AuditKind.Agent)
            {
                Caller = AuditDraft.Agent,
                Source = AuditDraft.Agent,
                Method = kind,
                Result = severity is EventSeverity.Info ? AuditDraft.Ok : "FAILED",
                Detail = message,
            })));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "nodeagentd {Version} listens on {Sockets}; remote on {Remote}; metrics on {Metrics}")]
    private static partial void LogServing(ILogger log, string version, string sockets, string remote, string metrics);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This node is simulated: no VM of it is real, and all of them end with the agent")]
    private static partial void LogSimulated(ILogger log);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready: {Adopted} guests re-attached, {Stopped} found stopped, {Quarantined} in quarantine, {Silent} silent, in {Milliseconds:0} ms")]
    private static partial void LogReady(ILogger log, int adopted, int stopped, int quarantined, int silent, double milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Farewell}")]
    private static partial void LogStopped(ILogger log, string farewell);
}
