using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodeAgent.Manager.V1;

namespace NodeAgent.Tests.Fleet;

/// <summary>A manager that says what a test wants, sense or nonsense, over real TLS.</summary>
internal sealed class ManagerByScript : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate;
    private WebApplication _server = null!;

    private ManagerByScript(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>Answers Enrol.</summary>
    public Func<EnrolRequest, EnrolResponse> OnEnrol { get; set; } = _ => new EnrolResponse();

    /// <summary>Answers Renew.</summary>
    public Func<RenewRequest, RenewResponse> OnRenew { get; set; } = _ => new RenewResponse();

    /// <summary>Whether it takes new sessions and says nothing in them.</summary>
    public bool IsSilent { get; set; }

    public TrustBundle Trust { get; } = new() { Version = 1 };

    public string Endpoint { get; private set; } = "";

    public ConcurrentQueue<ScriptedSession> Sessions { get; } = new();

    public int Enrolments;

    /// <summary>Starts one.</summary>
    /// <param name="certificate">Its own; disposed with it.</param>
    /// <param name="authority">What it says that the fleet trusts.</param>
    public static async Task<ManagerByScript> StartAsync(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var manager = new ManagerByScript(certificate);
        manager.Trust.CaCertificates.Add(ByteString.CopyFrom(authority.RawData));
        var context = SslStreamCertificateContext.Create(certificate, null, offline: true);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(manager);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = context,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ClientCertificateRequired = true,
#pragma warning disable CA5359 // Whom it lets in is not what is tested.
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
                }),
            });
        }));
        manager._server = builder.Build();
        manager._server.MapGrpcService<EnrolmentEnd>();
        manager._server.MapGrpcService<SessionEnd>();
        await manager._server.StartAsync();
        manager.Endpoint = new Uri(manager._server.Urls.Single()).Authority;
        return manager;
    }

    /// <summary>Waits for a session that this is true of.</summary>
    public async Task<ScriptedSession> SessionAsync(Func<ScriptedSession, bool>? isSo = null)
    {
        ScriptedSession? found = null;
        await FleetSteps.UntilAsync(() => Task.FromResult((found = Sessions.LastOrDefault(session => (isSo ?? (_ => true))(session))) is not null));
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    private sealed class EnrolmentEnd(ManagerByScript manager) : EnrolmentService.EnrolmentServiceBase
    {
        public override Task<TrustBundle> GetTrustBundle(GetTrustBundleRequest request, ServerCallContext context) => Task.FromResult(manager.Trust);

        public override Task<EnrolResponse> Enrol(EnrolRequest request, ServerCallContext context)
        {
            Interlocked.Increment(ref manager.Enrolments);
            return Task.FromResult(manager.OnEnrol(request));
        }

        public override Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context) => Task.FromResult(manager.OnRenew(request));
    }

    private sealed class SessionEnd(ManagerByScript manager) : SessionService.SessionServiceBase
    {
        public override async Task OpenSession(IAsyncStreamReader<OpenSessionRequest> requestStream, IServerStreamWriter<OpenSessionResponse> responseStream, ServerCallContext context)
        {
            await requestStream.MoveNext(context.CancellationToken);
            var session = new ScriptedSession(requestStream.Current.Hello, context.GetHttpContext().Connection.ClientCertificate!.SerialNumber);
            if (!manager.IsSilent)
            {
                session.Say.Writer.TryWrite(new OpenSessionResponse { Welcome = new Welcome { LeaseInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), ManagerId = "scripted" } });
            }

            manager.Sessions.Enqueue(session);
            var saying = SayAsync(session, responseStream, context.CancellationToken);
            try
            {
                while (await requestStream.MoveNext(context.CancellationToken))
                {
                    session.Hear(requestStream.Current);
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // That is how sessions end.
            }
            finally
            {
                session.Say.Writer.TryComplete();
                session.Ended.TrySetResult();
                await saying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        public override async Task OpenTunnel(IAsyncStreamReader<OpenTunnelRequest> requestStream, IServerStreamWriter<OpenTunnelResponse> responseStream, ServerCallContext context)
        {
            await requestStream.MoveNext(context.CancellationToken);
            var tunnel = new ScriptedTunnel(requestStream.Current.TunnelId);
            manager.Tunnels.Enqueue(tunnel);
            try
            {
                while (await requestStream.MoveNext(context.CancellationToken))
                {
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // Cut.
            }
            finally
            {
                tunnel.Ended.TrySetResult();
            }
        }

        private static async Task SayAsync(ScriptedSession session, IServerStreamWriter<OpenSessionResponse> to, CancellationToken gone)
        {
            await foreach (var message in session.Say.Reader.ReadAllAsync(gone))
            {
                await to.WriteAsync(message, gone);
            }
        }
    }

    public ConcurrentQueue<ScriptedTunnel> Tunnels { get; } = new();
}

/// <summary>One session as the manager sees it.</summary>
internal sealed class ScriptedSession(Hello hello, string serial)
{
    private long _trustVersion;
    private long _leases;

    public Hello Hello => hello;

    /// <summary>Of the certificate that the node showed.</summary>
    public string Serial => serial;

    /// <summary>What is said to the node.</summary>
    public Channel<OpenSessionResponse> Say { get; } = Channel.CreateUnbounded<OpenSessionResponse>();

    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>As the newest lease has it.</summary>
    public long TrustVersion => Volatile.Read(ref _trustVersion);

    public long Leases => Volatile.Read(ref _leases);

    public void Hear(OpenSessionRequest said)
    {
        switch (said.ItemCase)
        {
            case OpenSessionRequest.ItemOneofCase.Lease:
                Volatile.Write(ref _trustVersion, said.Lease.TrustVersion);
                Volatile.Write(ref _leases, said.Lease.Sequence);
                Say.Writer.TryWrite(new OpenSessionResponse { Lease = new LeaseAck { Sequence = said.Lease.Sequence } });
                break;
            case OpenSessionRequest.ItemOneofCase.Inventory:
                Say.Writer.TryWrite(new OpenSessionResponse { Inventory = new InventoryAck { Generation = said.Inventory.Generation } });
                break;
            case OpenSessionRequest.ItemOneofCase.Events:
                Say.Writer.TryWrite(new OpenSessionResponse { Events = new EventAck { Sequence = said.Events.Events.LastOrDefault()?.Sequence ?? said.Events.LostUntil } });
                break;
            default:
                break;
        }
    }
}

/// <summary>One tunnel as the manager sees it.</summary>
internal sealed record ScriptedTunnel(string Id)
{
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
