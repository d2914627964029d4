using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NodeAgent.Configuration;
using NodeAgent.Logging;
using NodeAgent.Metrics;
using NodeAgent.Rpc;
using NodeAgent.Sessions;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>
/// The listeners: gRPC (HTTP/2) on unix sockets and, by mutual TLS, on a network address; metrics (HTTP/1.1) on an
/// address of their own. Nothing of one can be reached through the other.
/// </summary>
internal static class AgentServer
{
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(30), PingPatience = TimeSpan.FromSeconds(20);

    /// <summary>Builds it; it listens once it is started.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="sockets">The API's sockets, bound already.</param>
    /// <param name="log">Where messages go.</param>
    /// <param name="addServices">Adds what the RPC services need.</param>
    public static WebApplication Build(
        LiveOptions options, ApiSockets sockets, LineLoggerProvider log,
        Action<IServiceCollection> addServices)
    {
        ArgumentNullException.ThrowIfNull(addServices);
        var start = options.Current;
        // The empty builder: no configuration files that are watched, no console logger, no static files.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "nodeagentd", ContentRootPath = "/" });
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = start.StopTimeout);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<RemoteConnections>();
        builder.Services.AddSingleton<RemoteHandshake>();
        builder.Services.AddSingleton<CertificateWatch>();
        builder.Services.AddSingleton<ConnectionGate>();
        RpcServices.Add(builder.Services, start.Limits);
        addServices(builder.Services);
        builder.WebHost.UseKestrelCore()
            .UseSockets(transport => transport.CreateBoundListenSocket = endpoint => Bound(endpoint, sockets))
            .ConfigureKestrel(kestrel => Listen(kestrel, sockets.Paths, start));

        // After the server's own, which would not be there otherwise.
        builder.Services.AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<TunnelGate>());

        var app = builder.Build();
        app.Use(AccessGate.ServeAsync);
        app.Use(static (context, next) => context.Features.Get<MetricsListener>() is null ? next(context) : MetricsPage.ServeAsync(context));
        app.Use(app.Services.GetRequiredService<CallGate>().ServeAsync);
        app.Use(UnreadableRequest.ServeAsync);
        app.UseRouting();
        RpcServices.Map(app);
        return app;
    }

    private static Socket Bound(EndPoint endpoint, ApiSockets sockets) =>
        endpoint is UnixDomainSocketEndPoint unix
            ? sockets[unix.ToString()!]
            : Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    private static void Listen(KestrelServerOptions kestrel, IEnumerable<string> paths, AgentOptions start)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        // What one connection may hold here without being read: the largest message of a client fits in, little more.
        // What is left of an answer beyond this keeps its call under way, and those are counted; what is less waits for a
        // client that takes nothing on each of its streams.
        kestrel.Limits.MaxResponseBufferSize = 16 * 1024;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 256 * 1024;
        kestrel.Limits.Http2.InitialStreamWindowSize = 128 * 1024;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingEvery;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingPatience;
        foreach (var path in paths)
        {
            kestrel.ListenUnixSocket(path, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                var gate = listen.ApplicationServices.GetRequiredService<ConnectionGate>();
                listen.Use(next => connection => gate.ServeLocalAsync(connection, next));
            });
        }

        kestrel.Listen(new TunnelEndPoint(), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            var gate = listen.ApplicationServices.GetRequiredService<ConnectionGate>();
            listen.Use(next => connection => gate.ServeAsync(connection, next));
        });

        if (start.Remote.Listen is { } remote)
        {
            kestrel.Listen(remote, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                UseMutualTls(listen, SslApplicationProtocol.Http2);
            });
        }

        if (start.Metrics.Listen is { } address)
        {
            kestrel.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                var gate = listen.ApplicationServices.GetRequiredService<ConnectionGate>();
                listen.Use(next => connection => gate.ServeMetricsAsync(connection, next));
                if (start.Metrics.Tls is MetricsTls.On || (start.Metrics.Tls is MetricsTls.Auto && !IPAddress.IsLoopback(address.Address)))
                {
                    UseMutualTls(listen, SslApplicationProtocol.Http11);
                }
            });
        }
    }

    private static void UseMutualTls(ListenOptions listen, SslApplicationProtocol protocol)
    {
        var gate = listen.ApplicationServices.GetRequiredService<ConnectionGate>();
        listen.Use(next => connection => gate.BeginHandshakeAsync(connection, next));
        listen.UseHttps(listen.ApplicationServices.GetRequiredService<RemoteHandshake>().Options(protocol));
        listen.Use(next => connection => gate.ServeRemoteAsync(connection, next));
    }
}
