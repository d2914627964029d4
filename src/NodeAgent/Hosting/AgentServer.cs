using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NodeAgent.Configuration;
using NodeAgent.Logging;
using NodeAgent.Metrics;
using NodeAgent.Rpc;

namespace NodeAgent.Hosting;

/// <summary>
/// The two listeners: gRPC (HTTP/2 without TLS) on unix sockets, and metrics (HTTP/1.1) on an address of its own.
/// Nothing of one can be reached through the other.
/// </summary>
internal static class AgentServer
{
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
        builder.Services.AddSingleton<ConnectionGate>();
        RpcServices.Add(builder.Services, start.Limits);
        addServices(builder.Services);
        builder.WebHost.UseKestrelCore()
            .UseSockets(transport => transport.CreateBoundListenSocket = endpoint => Bound(endpoint, sockets))
            .ConfigureKestrel(kestrel => Listen(kestrel, sockets.Paths, start.Metrics));

        var app = builder.Build();
        app.Use(static (context, next) => context.Features.Get<MetricsListener>() is null ? next(context) : MetricsPage.ServeAsync(context));
        app.UseRouting();
        RpcServices.Map(app);
        return app;
    }

    private static Socket Bound(System.Net.EndPoint endpoint, ApiSockets sockets) =>
        endpoint is UnixDomainSocketEndPoint unix
            ? sockets[unix.ToString()!]
            : Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);

    private static void Listen(KestrelServerOptions kestrel, IEnumerable<string> paths, MetricsOptions metrics)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        foreach (var path in paths)
        {
            kestrel.ListenUnixSocket(path, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                var gate = listen.ApplicationServices.GetRequiredService<ConnectionGate>();
                listen.Use(next => connection => gate.ServeAsync(connection, next));
            });
        }

        if (metrics.Listen is { } address)
        {
            kestrel.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(MetricsListener.Instance);
                    return next(connection);
                });
            });
        }
    }
}
