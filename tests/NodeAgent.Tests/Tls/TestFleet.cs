using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Tls;

/// <summary>A fleet of a test's own: an authority, and certificates of every kind, good and bad.</summary>
internal sealed class TestFleet : IDisposable
{
    public const string Fleet = "test", ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestFleet(string name = "Test Fleet Authority")
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Authority = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-2), TimeProvider.System.GetUtcNow().AddDays(10));
    }

    /// <summary>The authority, with its key.</summary>
    public X509Certificate2 Authority { get; private set; }

    /// <summary>Whom it has taken back, as a revocation list.</summary>
    public byte[] Revoke(params X509Certificate2[] certificates)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var certificate in certificates)
        {
            builder.AddEntry(certificate);
        }

        return builder.Build(Authority, 1, TimeProvider.System.GetUtcNow().AddDays(1), HashAlgorithmName.SHA256);
    }

    public FleetTrust Trust(params byte[][] lists) => new([Authority], [.. lists.Select(list => RevocationList.Read(list, [Authority]))], []);

    /// <summary>A certificate with its key.</summary>
    public X509Certificate2 Issue(Func<Wish, Wish>? change = null)
    {
        var wish = (change ?? (w => w))(new Wish());
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Issue(wish, new CertificateRequest("CN=somebody", key, HashAlgorithmName.SHA256));
        return bare.CopyWithPrivateKey(key);
    }

    private X509Certificate2 Issue(Wish wish, CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. wish.Usages.Select(usage => new Oid(usage))], false));
        if (wish.Uris.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("somebody.example");
            foreach (var uri in wish.Uris)
            {
                names.AddUri(new Uri(uri));
            }

            request.CertificateExtensions.Add(names.Build());
        }

        if (wish.IssuerUrl is { } url)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [url]));
        }

        return request.Create(Authority, wish.NotBefore, wish.NotAfter, RandomNumberGenerator.GetBytes(12));
    }

    public X509Certificate2 Node(string id = "8e7f1f5e-0000-4000-8000-000000000001") => Issue(wish => wish with { Uris = [$"nodeagent://{Fleet}/node/{id}"], Usages = [ServerUsage, ClientUsage] });

    public X509Certificate2 Client(string role, string name = "alice") => Issue(wish => wish with { Uris = [$"nodeagent://{Fleet}/{role}/{name}"] });

    /// <summary>Writes what a node needs; returns certificate, key and authorities.</summary>
    public (string Certificate, string Key, string Authorities) WriteNode(string directory)
    {
        using var node = Node();
        return Write(directory, node);
    }

    public (string Certificate, string Key, string Authorities) Write(string directory, X509Certificate2 certificate)
    {
        var (certificateFile, keyFile, authorities) = (Path.Combine(directory, "node.pem"), Path.Combine(directory, "node.key"), Path.Combine(directory, "ca.pem"));
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(authorities, Authority.ExportCertificatePem());
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        return (certificateFile, keyFile, authorities);
    }

    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
    }

    /// <summary>An authority below this one, which issues in its name.</summary>
    public TestFleet Below()
    {
        var below = new TestFleet("Test Fleet Intermediate");
        var request = new CertificateRequest(below.Authority.SubjectName, below.Authority.PublicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var bare = request.Create(Authority, TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(5), RandomNumberGenerator.GetBytes(12));
        below.Authority.Dispose();
        below.Authority = bare.CopyWithPrivateKey(below._key);
        return below;
    }

    public X509Certificate2 Manager(string name = "scripted") => Issue(wish => wish with { Uris = [$"nodeagent://{Fleet}/manager/{name}"], Usages = [ServerUsage, ClientUsage] });

    /// <summary>What a manager of this fleet would issue, for a key that is given along.</summary>
    public (NodeAgent.Manager.V1.Issued Issued, ECDsa Key) IssueNode(Guid id, params IEnumerable<string> endpoints)
    {
        using var node = Node(id.ToString("D"));
        return (Hand(node, endpoints), node.GetECDsaPrivateKey()!);
    }

    /// <summary>What a manager of this fleet would hand over with a certificate.</summary>
    public NodeAgent.Manager.V1.Issued Hand(X509Certificate2 node, params IEnumerable<string> endpoints) => new()
    {
        CertificateChain = { Google.Protobuf.ByteString.CopyFrom(node.RawData) },
        FleetId = Fleet,
        Trust = new() { Version = 1, CaCertificates = { Google.Protobuf.ByteString.CopyFrom(Authority.RawData) } },
        Endpoints = { endpoints },
    };

    /// <summary>A node's certificate for the key and the name of a request, and nothing else of what an answer may hold.</summary>
    public NodeAgent.Manager.V1.Issued Certify(Google.Protobuf.ByteString certificateRequest, DateTimeOffset? notAfter = null)
    {
        var asked = CertificateRequest.LoadSigningRequest(certificateRequest.ToByteArray(), HashAlgorithmName.SHA256);
        var wish = new Wish { Uris = [$"nodeagent://{Fleet}/node/{asked.SubjectName.Name["CN=".Length..]}"], Usages = [ServerUsage, ClientUsage] };
        using var node = Issue(
            notAfter is { } end ? wish with { NotAfter = end } : wish,
            new CertificateRequest(new X500DistinguishedName("CN=node"), asked.PublicKey, HashAlgorithmName.SHA256));
        return new NodeAgent.Manager.V1.Issued { FleetId = Fleet, CertificateChain = { Google.Protobuf.ByteString.CopyFrom(node.RawData) } };
    }

    /// <summary>What a certificate is to say; by default an operator's.</summary>
    internal sealed record Wish
    {
        public string[] Uris { get; init; } = [$"nodeagent://{Fleet}/operator/alice"];
        public string[] Usages { get; init; } = [ClientUsage];
        public string? IssuerUrl { get; init; }
        public DateTimeOffset NotBefore { get; init; } = TimeProvider.System.GetUtcNow().AddDays(-1);
        public DateTimeOffset NotAfter { get; init; } = TimeProvider.System.GetUtcNow().AddDays(1);
    }
}
