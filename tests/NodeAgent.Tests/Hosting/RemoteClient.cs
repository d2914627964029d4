using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace NodeAgent.Tests.Hosting;

/// <summary>A client of a node's remote listener, for tests that are not about whom the client trusts.</summary>
internal static class RemoteClient
{
    public static GrpcChannel Dial(RunningAgent agent, X509Certificate2 certificate, params X509Certificate2[] chain) => GrpcChannel.ForAddress(
        agent.App.Urls.First(url => url.StartsWith("https://", StringComparison.Ordinal)),
        new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ClientCertificateContext = SslStreamCertificateContext.Create(certificate, [.. chain], offline: true),
#pragma warning disable CA5359 // See above.
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
                },
            },
        });
}
