using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using ReferenceManager.Addresses;
using ReferenceManager.Admin;
using ReferenceManager.Authority;
using ReferenceManager.Control;
using ReferenceManager.Enrolment;
using ReferenceManager.Sessions;
using ReferenceManager.Storage;

namespace ReferenceManager.Hosting;

/// <summary>A whole manager: the only place where its parts are put together.</summary>
internal sealed partial class ReferenceServer : IAsyncDisposable
{
    private static readonly TimeSpan s_timeToLeave = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<WebApplication> _listeners = [];
    private readonly List<Task> _watches = [];
    private readonly FileStream _lock;
    private readonly Database _database;
    private NodeBook _nodes = null!;

    private ReferenceServer(ServerOptions options)
    {
        Directory.CreateDirectory(options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _lock = Lock(options.DataDirectory);
        _database = new Database(Path.Combine(options.DataDirectory, "manager.db"));
        Admin = options.AdminSocket;
    }

    /// <summary>Where nodes reach it, as "host:port".</summary>
    public IReadOnlyList<string> Endpoints { get; private set; } = [];

    /// <summary>Path of the admin API's socket.</summary>
    public string Admin { get; }

    /// <summary>Starts a manager; it answers when this returns.</summary>
    /// <exception cref="IOException">Another manager has the data directory, or the port.</exception>
    public static async Task<ReferenceServer> StartAsync(ServerOptions options, TimeProvider time, ILoggerFactory logs)
    {
        var server = new ReferenceServer(options);
        try
        {
            await server.BuildAsync(options, time, logs);
            foreach (var listener in server._listeners)
            {
                await listener.StartAsync();
            }

            File.SetUnixFileMode(options.AdminSocket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Ends the sessions, which changes nothing on any node, and writes what is queued.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var session in _nodes?.All.Select(node => node.Session).OfType<NodeSession>() ?? [])
        {
            session.End(new Status(StatusCode.Unavailable, "this manager is going down"));
        }

        foreach (var listener in _listeners)
        {
            using var patience = new CancellationTokenSource(s_timeToLeave);
            await listener.StopAsync(patience.Token);
            await listener.DisposeAsync();
        }

        await Task.WhenAll(_watches);
        await _database.DisposeAsync();
        await _lock.DisposeAsync();
        _stop.Dispose();
    }

    private static FileStream Lock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new IOException($"another manager runs on {directory}", error);
        }
    }

    // Runs to the end of the manager. What ends sooner is a defect, which somebody has to see.
    private static async Task WatchAsync(Task watch, ILogger log)
    {
        try
        {
            await watch;
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception error)
        {
            LogWatchEnded(log, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "A task of the manager ended; restart it")]
    private static partial void LogWatchEnded(ILogger logger, Exception error);

    private async Task BuildAsync(ServerOptions options, TimeProvider time, ILoggerFactory logs)
    {
        var socket = NodeListener.Bind(options.Listen);
        Endpoints = options.Endpoints.Count > 0
            ? options.Endpoints
            : [NodeListener.EndpointOf(socket)];

        // Who is trusted, and who we are.
        var trust = await FleetTrust.OpenAsync(_database, new AuthorityKeys(options.DataDirectory), time, options.Fleet);
        var certificates = new CertificateBook(trust, time);
        var own = new OwnCertificate(_database, certificates, options.Name, options.OwnValidity);
        await own.RenewAsync();
        var check = new PeerCheck(trust, time);

        // How nodes come in.
        var tokens = new JoinTokens(_database, trust, time);
        var enroller = new Enroller(_database, certificates, tokens, time, options.NodeValidity);
        var renewal = new Renewal(_database, trust, certificates, time, options.NodeValidity);

        // What they tell.
        _nodes = new NodeBook(_database);
        enroller.Joined += node => _nodes.GetOrAdd(node.NodeId, node);
        var counters = new Counters();
        var events = new EventStore(_database, counters);
        var terms = new SessionTerms(options.Name, options.LeaseInterval);
        var spread = new TrustSpread(_database, trust, _nodes);
        var tunnels = new TunnelBook(_nodes, trust, counters, time);
        trust.Changed += spread.TellAll;
        trust.Changed += tunnels.CutRevoked;

        // What is asked of them.
        var dialer = new NodeDialer(_nodes, tunnels, own, check);
        var rotation = new AuthorityRotation(_database, trust, _nodes, own, logs.CreateLogger<AuthorityRotation>());
        var log = logs.CreateLogger<ReferenceServer>();
        _watches.Add(WatchAsync(rotation.WatchAsync(_stop.Token), log));
        _watches.Add(WatchAsync(own.KeepFreshAsync(time, _stop.Token), log));

        _listeners.Add(NodeListener.Build(
            socket, own, new NodeGate(check),
            new EnrolmentEndpoint(trust, enroller, renewal, Endpoints),
            new SessionEndpoint(new SessionBooks(_nodes, events, counters, time), terms, spread, tunnels, logs.CreateLogger<SessionEndpoint>()), logs));
        _listeners.Add(AdminListener.Build(
            options.AdminSocket,
            new AdminEndpoint(
                new FleetReport(_database, trust, _nodes, events, counters) { Terms = terms, Endpoints = Endpoints, Time = time },
                _nodes,
                new Admissions(_database, trust, enroller, tokens, Endpoints),
                new Certificates(_database, trust, certificates, _nodes, rotation),
                new VmDesk(_nodes, dialer, time)),
            logs));
    }
}
