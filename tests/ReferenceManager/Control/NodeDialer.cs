using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using ReferenceManager.Addresses;
using ReferenceManager.Authority;
using ReferenceManager.Sessions;

namespace ReferenceManager.Control;

/// <summary>
/// Reaches the API of a node: by dialling it over mutual TLS, or back through its session. What is said over the
/// connection is the same gRPC in either case.
/// </summary>
internal sealed class NodeDialer(NodeBook nodes, TunnelBook tunnels, OwnCertificate own, PeerCheck check)
{
    private static readonly TimeSpan s_dialPatience = TimeSpan.FromSeconds(2);

    /// <summary>Connects in whichever way works: a node that names no address, or cannot be reached there, by a tunnel.</summary>
    /// <exception cref="IOException">Neither way leads to the node.</exception>
    public async Task<NodeConnection> ConnectAsync(string nodeId, CancellationToken cancellation)
    {
        try
        {
            return await DialAsync(nodeId, cancellation);
        }
        catch (DialException)
        {
            return Tunnel(nodeId);
        }
    }

    /// <summary>Connects by a tunnel: HTTP/2 without TLS, which the session's TLS protects.</summary>
    public NodeConnection Tunnel(string nodeId) => Connection($"http://{nodeId}", isTunnel: true, new SocketsHttpHandler
    {
        ConnectCallback = async (_, stop) => await tunnels.OpenAsync(nodeId, stop),
    });

    /// <summary>Connects to one of the addresses that the node named.</summary>
    /// <exception cref="DialException">It named none, or none answers. Who answers is seen to when a call is made.</exception>
    public async Task<NodeConnection> DialAsync(string nodeId, CancellationToken cancellation)
    {
        var endpoints = nodes.Get(nodeId).Status().Identity.ApiEndpoints;
        Socket? socket = await FirstThatAnswersAsync(nodeId, endpoints, cancellation);
        return Connection($"https://{nodeId}", isTunnel: false, new SocketsHttpHandler
        {
            // The first connection is there already; whoever needs another one dials anew.
            ConnectCallback = async (_, stop) =>
                new NetworkStream(Interlocked.Exchange(ref socket, null) ?? await FirstThatAnswersAsync(nodeId, endpoints, stop), ownsSocket: true),
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificateContext = own.Current,
                CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, TrustMode = X509ChainTrustMode.CustomRootTrust },
                RemoteCertificateValidationCallback = (_, certificate, _, _) => IsNode(certificate, nodeId),
            },
        });
    }

    // Not any node: this one. A node's certificate on another host must not get what is meant for this one.
    private bool IsNode(X509Certificate? certificate, string nodeId) =>
        check.Check(certificate as X509Certificate2, PeerCheck.ServerUse, FleetRole.Node).Peer?.Name == nodeId;

    private static async Task<Socket> FirstThatAnswersAsync(string nodeId, IEnumerable<string> endpoints, CancellationToken cancellation)
    {
        foreach (var endpoint in endpoints)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(s_dialPatience);
            try
            {
                var address = HostPort.Parse(endpoint);
                await socket.ConnectAsync(address.Host, address.Port, patience.Token);
                return socket;
            }
            catch (Exception error) when (error is SocketException or FormatException or OperationCanceledException)
            {
                socket.Dispose();
                cancellation.ThrowIfCancellationRequested();
            }
        }

        throw new DialException($"node {nodeId}: none of its addresses answers ({string.Join(", ", endpoints)})");
    }

    private static NodeConnection Connection(string address, bool isTunnel, SocketsHttpHandler http) =>
        new(GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = http, DisposeHttpClient = true }), isTunnel);
}
