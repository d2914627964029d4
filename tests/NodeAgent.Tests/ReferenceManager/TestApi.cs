using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using NodeAgent.LongRunning;
using NodeAgent.Manager.V1;
using NodeAgent.V1;
using ReferenceManager.Authority;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>The API of a test's node: over TLS for who dials it, and over a local socket for tunnels.</summary>
internal sealed class TestApi : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly WebApplication _app;

    private TestApi(TestNode node)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/" });
        builder.Services.AddRoutingCore().AddGrpc();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(Socket, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Handshake(node)) });
            });
        });
        _app = builder.Build();
        _app.MapGrpcService<Vms>();
    }

    /// <summary>What it can be dialled at, once it listens.</summary>
    public string Endpoint =>
        new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(address => address.StartsWith("https", StringComparison.Ordinal))).Authority;

    private string Socket => Path.Combine(_directory.Path, "api.sock");

    public static async Task<TestApi> StartAsync(TestNode node)
    {
        var api = new TestApi(node);
        await api._app.StartAsync();
        return api;
    }

    /// <summary>Opens a tunnel, as the agent does: bytes go to the local socket and back.</summary>
    public async Task TunnelAsync(SessionService.SessionServiceClient manager, string id)
    {
        using var call = manager.OpenTunnel();
        await call.RequestStream.WriteAsync(new OpenTunnelRequest { TunnelId = id });
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        await using var local = new NetworkStream(socket);
        var up = UpAsync(local, call.RequestStream);
        try
        {
            await foreach (var message in call.ResponseStream.ReadAllAsync())
            {
                await local.WriteAsync(message.Data.Memory);
            }
        }
        catch (RpcException cut) when (cut.StatusCode is StatusCode.Cancelled)
        {
            // A tunnel is closed as a socket is, with something under way or not.
        }

        socket.Shutdown(SocketShutdown.Both);
        await up;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task UpAsync(Stream local, IClientStreamWriter<OpenTunnelRequest> manager)
    {
        var buffer = new byte[8192];
        try
        {
            while (await local.ReadAsync(buffer) is > 0 and var count)
            {
                await manager.WriteAsync(new OpenTunnelRequest { Data = ByteString.CopyFrom(buffer, 0, count) });
            }

            await manager.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or IOException or InvalidOperationException)
        {
            // The manager has closed the tunnel.
        }
    }

    private static SslServerAuthenticationOptions Handshake(TestNode node) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(node.Certificate!.CopyWithPrivateKey(node.Key), null, offline: true),
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown is X509Certificate2 certificate && IdentityExtension.Read(certificate).Any(identity => identity.Role == FleetRole.Manager),
    };

    /// <summary>A node whose VMs do what they are told at once.</summary>
    private sealed class Vms : VmService.VmServiceBase
    {
        public override Task<Vm> GetVm(GetVmRequest request, ServerCallContext context) => request.Vm == "nobody"
            ? throw new RpcException(new Status(StatusCode.NotFound, "vm: there is none"))
            : Task.FromResult(new Vm { Name = request.Vm, Status = new VmStatus { State = VmState.Running } });

        public override Task<Vm> CreateVm(V1.CreateVmRequest request, ServerCallContext context) => Task.FromResult(request.Vm);

        public override Task<Operation> StartVm(StartVmRequest request, ServerCallContext context) => Task.FromResult(request.RequestId.Length > 0
            ? new Operation { Name = "operations/1", Done = true, Error = request.Vm == "broken" ? new Google.Rpc.Status { Code = 9, Message = "it is broken" } : null }
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "request_id: missing")));
    }
}
