using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ReferenceManager.Addresses;
using ReferenceManager.Authority;
using ReferenceManager.Enrolment;
using ReferenceManager.Sessions;

namespace ReferenceManager.Hosting;

/// <summary>The port for nodes: HTTP/2 over TLS 1.3, nothing else.</summary>
internal static class NodeListener
{
    /// <summary>Takes a port, so that its number is known before anything tells it to nodes.</summary>
    /// <exception cref="FormatException">The host is no address.</exception>
    public static Socket Bind(HostPort listen)
    {
        var address = listen.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(listen.Host);
        return SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(address, listen.Port));
    }

    /// <summary>Where nodes reach it: the host's name, when it listens on all addresses.</summary>
    public static string EndpointOf(Socket socket)
    {
        var bound = (IPEndPoint)socket.LocalEndPoint!;
        var isAny = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any);
        return new HostPort(isAny ? Dns.GetHostName() : bound.Address.ToString(), bound.Port).ToString();
    }

    /// <summary>Builds it; it answers once it is started.</summary>
    public static WebApplication Build(Socket socket, OwnCertificate own, NodeGate gate, EnrolmentEndpoint enrolment, SessionEndpoint sessions, ILoggerFactory logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "reference-manager", ContentRootPath = "/" });
        builder.Services.AddSingleton(logs).AddRoutingCore();
        builder.Services.AddSingleton(enrolment).AddSingleton(sessions);
        builder.Services.AddGrpc().AddServiceOptions<EnrolmentEndpoint>(service => service.MaxReceiveMessageSize = EnrolmentEndpoint.MostRequestBytes);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .UseSockets(transport => transport.CreateBoundListenSocket = _ => socket)
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Listen(socket.LocalEndPoint!, listen =>
                {
                    listen.Protocols = HttpProtocols.Http2;
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(Handshake(own)) });
                });
            });

        var app = builder.Build();
        app.Use((HttpContext context, RequestDelegate next) => gate.AdmitAsync(context, next));
        app.UseRouting();
        app.MapGrpcService<EnrolmentEndpoint>();
        app.MapGrpcService<SessionEndpoint>();
        return app;
    }

    // Asked for each connection: a new certificate of ours is in use from the next one on.
    private static SslServerAuthenticationOptions Handshake(OwnCertificate own) => new()
    {
        ServerCertificateContext = own.Current,
        EnabledSslProtocols = SslProtocols.Tls13,
        // A resumed session would bring the certificate of an earlier day.
        AllowTlsResume = false,
        // Asked for here, looked at by the gate.
        ClientCertificateRequired = true,
#pragma warning disable CA5359 // See NodeGate.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        // The runtime builds a chain before that; it must not fetch what a stranger's certificate names.
        CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, TrustMode = X509ChainTrustMode.CustomRootTrust },
    };
}
