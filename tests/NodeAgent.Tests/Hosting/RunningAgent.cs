using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Hosting;
using NodeAgent.Logging;
using NodeAgent.Metrics;

namespace NodeAgent.Tests.Hosting;

/// <summary>The whole daemon in this process, on directories of its own: everything but QEMU and KVM, which it does not find.</summary>
internal sealed class RunningAgent : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryStream _log = new();
    private readonly LineWriter _writer;
    private readonly LineLoggerProvider _provider;
    private readonly ApiSockets _sockets;
    private readonly LoggerFactory _loggers;

    private RunningAgent(Func<AgentOptions, AgentOptions> change)
    {
        var initial = change(new AgentOptions
        {
            StateDirectory = Path.Combine(_directory.Path, "state"),
            RunDirectory = Path.Combine(_directory.Path, "run"),
            Metrics = new MetricsOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0) },
            Qemu = new QemuOptions { Binary = Path.Combine(_directory.Path, "no-qemu") },
            Kvm = new KvmOptions { Device = Path.Combine(_directory.Path, "no-kvm") },
        });
        Directory.CreateDirectory(initial.StateDirectory);
        Directory.CreateDirectory(initial.RunDirectory);
        Directory.CreateDirectory(Path.Combine(initial.StateDirectory, "images"));
        Options = new LiveOptions(initial);
        _writer = new LineWriter(new StreamOutput(Stream.Synchronized(_log)), LogLine.Text, TimeProvider.System);
        _provider = new LineLoggerProvider(_writer, TimeProvider.System);
        _loggers = new LoggerFactory([_provider]);
        Floor = NodeFloor.Open(Options, TimeProvider.System, _loggers);
        _sockets = ApiSockets.Bind(initial, []);
        var sources = new ConfigSources(new CommandLine(CommandAction.Run, null, []), new Dictionary<string, string>());
        var start = new AgentStart(initial, new Reloader(sources, Options, TimeProvider.System), _writer, "test", TimeProvider.System.GetUtcNow());
        App = AgentServer.Build(Options, _sockets, _provider, services => Composition.Add(services, () => Floor, start));
        Composition.Connect(App.Services);
        Channel = Connect();
    }

    private readonly CancellationTokenSource _leaving = new();
    private Task _membership = Task.CompletedTask;

    public LiveOptions Options { get; }

    public NodeFloor Floor { get; }

    public WebApplication App { get; }

    public GrpcChannel Channel { get; }

    public string SocketPath => Options.Current.SocketPaths[0];

    public Readiness Readiness => App.Services.GetRequiredService<Readiness>();

    public string ImagesDirectory => Options.Current.ImageRoots[0];

    public Uri MetricsAddress => new(App.Urls.Single(url => url.StartsWith("http://127", StringComparison.Ordinal)));

    /// <summary>Starts one and waits until it is ready.</summary>
    public static async Task<RunningAgent> StartAsync(Func<AgentOptions, AgentOptions>? change = null)
    {
        var agent = await StartUnreadyAsync(change);
        await agent.Floor.RecoverAsync(TestContext.Current.CancellationToken);
        agent.Readiness.Advance(AgentPhase.Ready);
        return agent;
    }

    /// <summary>Starts one that listens and is not ready.</summary>
    public static async Task<RunningAgent> StartUnreadyAsync(Func<AgentOptions, AgentOptions>? change = null)
    {
        var agent = new RunningAgent(change ?? (options => options));
        agent.App.Services.GetRequiredService<NodeAgent.Tls.CredentialStore>().Reload();
        await agent.App.StartAsync(TestContext.Current.CancellationToken);
        return agent;
    }

    /// <summary>Keeps up the membership in a fleet, as the daemon does once it is ready.</summary>
    public void KeepMembership() => _membership = FleetComposition.RunAsync(App.Services, _leaving.Token);

    /// <summary>Takes part in a fleet by what was issued elsewhere, as a joined node does.</summary>
    public void Belong(Manager.V1.Issued issued, System.Security.Cryptography.ECDsa key)
    {
        var membership = App.Services.GetRequiredService<NodeAgent.Fleet.Membership>();
        var begun = new NodeAgent.Fleet.PendingEnrolment { Token = "", Key = "" };
        membership.Begin(begun);
        membership.Join(issued, key, begun, new Manager.V1.JoinToken(), NodeAgent.Hypervisor.Jobs.RequestContext.Agent).ShouldBeTrue();
    }

    /// <summary>A connection of its own.</summary>
    public GrpcChannel Connect() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = 16 << 20,
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
    });

    public async Task<string> ScrapeAsync(string path = "/metrics")
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(MetricsAddress, path), TestContext.Current.CancellationToken);
    }

    /// <summary>The log so far, once the agent has stopped.</summary>
    public async Task<string> StopAsync()
    {
        await App.StopAsync(TestContext.Current.CancellationToken);

        // Records of the audit log are told once they are durable.
        await Floor.Ledger.RecordAsync([]);
        await _writer.DisposeAsync();
        return System.Text.Encoding.UTF8.GetString(_log.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _leaving.CancelAsync();
        await _membership.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _leaving.Dispose();
        await App.DisposeAsync();
        await Floor.DisposeAsync();
        await _writer.DisposeAsync();
        _sockets.Dispose();
        _loggers.Dispose();
        _directory.Dispose();
    }
}
