using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>Opens channels to a manager: TLS 1.3, and the other end must be a manager of the fleet by certificate, whatever its address.</summary>
internal sealed class ManagerDial(TimeProvider time)
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    // As the contract promises for the session.
    private const int MostBytes = 4 * 1024 * 1024;

    /// <summary>Asks whoever answers for the fleet's trust, and nothing else: nobody is proven yet, and nothing secret is sent.</summary>
#pragma warning disable CA5359 // What it says is compared with the key pin; see Enrolment.
    public static GrpcChannel OpenUnproven(string endpoint) => Open(endpoint, new SslClientAuthenticationOptions
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = FleetTrust.HandshakePolicy(),
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    });
#pragma warning restore CA5359

    /// <summary>A channel to a manager of the fleet.</summary>
    /// <param name="endpoint">"host:port".</param>
    /// <param name="trust">Whom the fleet trusts.</param>
    /// <param name="fleet">The fleet's id.</param>
    /// <param name="shown">What the node shows of itself; <c>null</c> for nothing.</param>
    /// <param name="met">Told who answered and by what certificate, or why it was refused.</param>
    public GrpcChannel Open(string endpoint, FleetTrust trust, string fleet, NodeCredentials? shown, Action<PeerVerdict, PeerCertificate?>? met = null)
    {
        var ssl = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateChainPolicy = FleetTrust.HandshakePolicy(),
            AllowTlsResume = false,
            ClientCertificateContext = shown?.Context,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
            {
                var peer = certificate is X509Certificate2 server ? PeerCertificate.Of(server, chain, shown) : null;
                var verdict = peer is not null
                    ? trust.OfManager(peer.Certificate, peer.Sent, fleet, time.GetUtcNow())
                    : PeerVerdict.Refuse("it shows no certificate");
                met?.Invoke(verdict, peer);
                return verdict.IsAccepted;
            },
        };
        return Open(endpoint, ssl);
    }

    private static GrpcChannel Open(string endpoint, SslClientAuthenticationOptions ssl) => GrpcChannel.ForAddress($"https://{endpoint}", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = MostBytes,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = ConnectPatience,
            SslOptions = ssl,
        },
    });
}
