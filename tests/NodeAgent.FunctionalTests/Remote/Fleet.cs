using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>A fleet of a test's own: an authority, the node's certificate, those of clients, and where the node listens.</summary>
internal sealed class Fleet : IDisposable
{
    public const string Name = "ft", Node = "8e7f1f5e-0000-4000-8000-000000000001";

    private const string ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";
    private static int _count;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodeagent-fleet-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;

    public Fleet()
    {
        var request = new CertificateRequest("CN=Functional Test Authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _authority = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-2), TimeProvider.System.GetUtcNow().AddDays(10));
        File.WriteAllText(Authorities, _authority.ExportCertificatePem());
        Write("node", Node, ServerUsage, ClientUsage);

        // As an agent's address for metrics: of this test alone.
        var number = Interlocked.Increment(ref _count);
        Address = $"127.{164 + (Environment.ProcessId >> 16 & 0x3f)}.{Environment.ProcessId >> 8 & 0xff}.{Environment.ProcessId & 0xff}:{20000 + number}";
    }

    /// <summary>Where the node listens for callers from elsewhere.</summary>
    public string Address { get; }

    /// <summary>The file with the authority's certificate.</summary>
    public string Authorities => Path.Combine(_directory.FullName, "ca.pem");

    /// <summary>The files of the node's own certificate and key.</summary>
    public string NodeCertificate => FileOf("node", Node, "pem");

    /// <inheritdoc cref="NodeCertificate"/>
    public string NodeKey => FileOf("node", Node, "key");

    /// <summary>What the node's configuration says.</summary>
    public AgentConfiguration Configure(string limits = "") => new()
    {
        More = new Dictionary<string, string>
        {
            ["remote"] = $"listen = {Address}\ncertificate = {FileOf("node", Node, "pem")}\nkey = {FileOf("node", Node, "key")}\nauthorities = {Authorities}"
                + $"\nrevocation_list = {RevocationList}\ndenied_serials = {DeniedSerials}",
            ["limits"] = limits,
        },
    };

    /// <summary>Issues a client's certificate; returns its file and the key's.</summary>
    public (string Certificate, string Key) Issue(string role, string name)
    {
        Write(role, name, ClientUsage);
        return (FileOf(role, name, "pem"), FileOf(role, name, "key"));
    }

    /// <summary>A client's certificate with its key.</summary>
    public X509Certificate2 Certificate(string role, string name)
    {
        var (certificate, key) = Issue(role, name);
        return X509Certificate2.CreateFromPemFile(certificate, key);
    }

    /// <summary>Takes a certificate back, by a list that its authority signs.</summary>
    public void Revoke(X509Certificate2 certificate)
    {
        var builder = new CertificateRevocationListBuilder();
        builder.AddEntry(certificate);
        File.WriteAllBytes(RevocationList + ".new", builder.Build(_authority, 1, TimeProvider.System.GetUtcNow().AddDays(1), HashAlgorithmName.SHA256));
        File.Move(RevocationList + ".new", RevocationList);
    }

    /// <summary>Has the node refuse a certificate, whatever the authority says.</summary>
    public void Deny(X509Certificate2 certificate) => File.WriteAllText(DeniedSerials, $"# mallory\n{certificate.SerialNumber.ToLowerInvariant()}\n");

    /// <summary>A well-behaved client.</summary>
    public GrpcChannel Dial(X509Certificate2 certificate) => GrpcChannel.ForAddress($"https://{Address}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = { ClientCertificates = [certificate], RemoteCertificateValidationCallback = (_, shown, _, _) => IsNode(shown) },
        },
        DisposeHttpClient = true,
    });

    /// <summary>Whether a certificate is the node's.</summary>
    public bool IsNode(X509Certificate? shown) => shown is X509Certificate2 certificate
        && File.ReadAllText(FileOf("node", Node, "pem")) == certificate.ExportCertificatePem();

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
        _directory.Delete(recursive: true);
    }

    private string RevocationList => Path.Combine(_directory.FullName, "revoked.crl");

    private string DeniedSerials => Path.Combine(_directory.FullName, "denied");

    private string FileOf(string role, string name, string kind) => Path.Combine(_directory.FullName, $"{role}-{name}.{kind}");

    private void Write(string role, string name, params string[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(usage => new Oid(usage))], false));
        var names = new SubjectAlternativeNameBuilder();
        // For libraries that insist on the name of a host.
        names.AddDnsName(name);
        names.AddUri(new Uri($"nodeagent://{Name}/{role}/{name}"));
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(_authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(12));
        File.WriteAllText(FileOf(role, name, "pem"), certificate.ExportCertificatePem());
        File.WriteAllText(FileOf(role, name, "key"), key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(FileOf(role, name, "key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
