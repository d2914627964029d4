using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Cli.Transport;

/// <summary>The way to a node elsewhere: TCP, then TLS 1.3 in which both sides prove who they are.</summary>
internal sealed class RemoteDial(AgentPlace place, ClientCredentials credentials, TimeProvider time) : IAgentDial
{
    // What loses packets without a word would keep us waiting for minutes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private Unreachable? _failure;

    /// <inheritdoc/>
    public HostAddress Address => place.Address;

    /// <inheritdoc/>
    public bool HasFailed => _failure is not null;

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenAsync(CancellationToken cancellation)
    {
        _failure = null;
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await HandshakeAsync(await ReachAsync(either.Token), either.Token);
        }
        catch (SocketException e)
        {
            _failure = UnreachableNode.OfSocket(place.Address, e);
            throw;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            _failure ??= UnreachableNode.OfHandshake(place.Address, e);
            throw;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            _failure = UnreachableNode.Silent(place.Address, Patience);
            throw new IOException(_failure.Problem);
        }
    }

    /// <inheritdoc/>
    public Task<Unreachable> ExplainAsync(CancellationToken cancellation) =>
        Task.FromResult(_failure ?? throw new InvalidOperationException("Nothing has failed."));

    /// <inheritdoc/>
    public void Dispose() => credentials.Dispose();

    private async Task<NetworkStream> ReachAsync(CancellationToken cancellation)
    {
        var address = (RemoteAddress)place.Address;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<NodeStream> HandshakeAsync(NetworkStream way, CancellationToken cancellation)
    {
        var stream = new NodeStream(way, Options(), () => _failure = UnreachableNode.Refused(place.Address, credentials.Holder));
        try
        {
            await stream.AuthenticateAsync(cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private SslClientAuthenticationOptions Options() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        ClientCertificateContext = SslStreamCertificateContext.Create(credentials.Certificate, credentials.Chain, offline: true),
        // For the chain that the runtime builds before we look: nothing is fetched that a stranger's certificate names.
        CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        RemoteCertificateValidationCallback = (_, shown, chain, _) =>
        {
            _failure = shown is X509Certificate2 certificate
                ? NodeProof.Refute(certificate, chain?.ChainPolicy.ExtraStore, credentials, place, time.GetUtcNow())
                : UnreachableNode.Anonymous(place.Address);
            return _failure is null;
        },
    };
}
