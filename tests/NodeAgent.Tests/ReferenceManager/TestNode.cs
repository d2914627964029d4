using System.Buffers.Text;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using NodeAgent.Manager.V1;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>Plays a node: what the agent does, as short as it can be said.</summary>
internal sealed class TestNode(string endpoint, TimeProvider time, string hostname) : IDisposable
{
    public const string TokenPrefix = "nodeagent-join-1.";
    private readonly List<GrpcChannel> _channels = [];

    public TestNode(TestFleet fleet, string hostname = "host")
        : this(fleet.Endpoint, fleet.Time, hostname)
    {
    }

    public string Id { get; init; } = Guid.NewGuid().ToString("D");

    public string Hostname => hostname;

    public ECDsa Key { get; set; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Its certificate without the key; <c>null</c> before it is let in.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>The authorities that it trusts, and the version of that.</summary>
    public TrustBundle Trust { get; set; } = new();

    public List<string> ApiEndpoints { get; } = [];

    public NodeIdentity Identity => new() { NodeId = Id, Hostname = hostname, MachineId = "m", AgentVersion = "0", ApiEndpoints = { ApiEndpoints } };

    /// <summary>What the manager showed at the last handshake.</summary>
    public X509Certificate2? Shown { get; private set; }

    public static JoinToken ReadToken(string text) =>
        JoinToken.Parser.ParseFrom(Base64Url.DecodeFromChars(text.AsSpan(TokenPrefix.Length)).AsSpan()[..^4]);

    public static ByteString Request(ECDsa key) =>
        ByteString.CopyFrom(new CertificateRequest("CN=anything", key, HashAlgorithmName.SHA256).CreateSigningRequest());

    public async Task<EnrolResponse> EnrolAsync(string? token) => await Enrolment.EnrolAsync(new EnrolRequest
    {
        Node = Identity,
        CertificateRequest = Request(Key),
        TokenSecret = token is null ? ByteString.Empty : ReadToken(token).Secret,
    });

    /// <summary>Takes what an enrolment or a renewal gave.</summary>
    public void Accept(Issued issued, ECDsa? newKey = null)
    {
        Certificate = X509CertificateLoader.LoadCertificate(issued.CertificateChain[0].Span);
        Trust = issued.Trust ?? Trust;
        Key = newKey ?? Key;
    }

    /// <summary>Asks for the next certificate, signed by <paramref name="signer"/> or by the present key.</summary>
    public async Task<Issued> RenewAsync(ECDsa newKey, ECDsa? signer = null)
    {
        var request = Request(newKey);
        return (await Enrolment.RenewAsync(new RenewRequest
        {
            NodeId = Id,
            Certificate = ByteString.CopyFrom(Certificate!.RawData),
            CertificateRequest = request,
            Signature = ByteString.CopyFrom((signer ?? Key).SignData(
                [.. "nodeagent-renew-1"u8, .. request.Span], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
        })).Issued;
    }

    /// <summary>The service that needs no certificate.</summary>
    public EnrolmentService.EnrolmentServiceClient Enrolment => new(Anonymous);

    /// <summary>A connection without a certificate.</summary>
    public CallInvoker Anonymous => Connect(null);

    /// <summary>A connection with this node's certificate.</summary>
    public CallInvoker Calls() => Connect(Certificate!.CopyWithPrivateKey(Key));

    /// <summary>The service that needs one: this node's, or another.</summary>
    public SessionService.SessionServiceClient Sessions(X509Certificate2? other = null) => new(Connect(other ?? Certificate!.CopyWithPrivateKey(Key)));

    /// <summary>Opens a session and says hello.</summary>
    public async Task<TestSession> OpenSessionAsync(string log = "log", X509Certificate2? other = null)
    {
        var client = Sessions(other);
        var session = new TestSession(this, client, client.OpenSession(cancellationToken: TestContext.Current.CancellationToken));
        await session.SendAsync(new OpenSessionRequest
        {
            Hello = new Hello { Node = Identity, BootId = "boot", AgentEpoch = 1, EventLogId = log, TrustVersion = Trust.Version },
        });
        return session;
    }

    public void Dispose()
    {
        _channels.ForEach(channel => channel.Dispose());
        Key.Dispose();
    }

    private CallInvoker Connect(X509Certificate2? certificate)
    {
        var channel = GrpcChannel.ForAddress($"https://{endpoint}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    EnabledSslProtocols = SslProtocols.Tls13,
                    ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                    RemoteCertificateValidationCallback = (_, shown, _, _) => IsManager((X509Certificate2)shown!),
                },
            },
            DisposeHttpClient = true,
        });
        _channels.Add(channel);
        return channel.Intercept(new UnaryDeadline());
    }

    // Before it knows any authority it takes what comes, as in the one call for the bundle.
    private bool IsManager(X509Certificate2 certificate)
    {
        Shown = X509CertificateLoader.LoadCertificate(certificate.RawData);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().LocalDateTime;
        foreach (var authority in Trust.CaCertificates)
        {
            chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.Span));
        }

        return Trust.CaCertificates.Count == 0 || chain.Build(Shown);
    }
}
