using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.FunctionalTests.Agents;
using ReferenceManager.Admin.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>Somebody else answers where the manager was. A node says who it is not, tells it nothing, and waits for its own.</summary>
public sealed class ImpostorTests
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";

    [Fact]
    public async Task Node_speaks_only_to_a_manager_of_its_fleet()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        using var authority = await AuthorityAsync(leader);
        using var stranger = SelfMade();
        var now = TimeProvider.System.GetUtcNow();
        await leader.KillAsync();
        await agent.UntilDisconnectedAsync();

        await RefusedAsync("its certificate is not a manager's (nodeagent://ft/operator/reference)", Issue(authority, "nodeagent://ft/operator/reference", now.AddDays(1), ServerUsage));
        await RefusedAsync("its certificate ended at", Issue(authority, "nodeagent://ft/manager/reference", now.AddMinutes(-1), ServerUsage));
        await RefusedAsync("its certificate is not for this use", Issue(authority, "nodeagent://ft/manager/reference", now.AddDays(1), ClientUsage));
        await RefusedAsync("names no role in the fleet 'ft'", Issue(authority, "nodeagent://other/manager/reference", now.AddDays(1), ServerUsage));
        await RefusedAsync("no authority of the fleet", Issue(stranger, "nodeagent://ft/manager/reference", now.AddDays(1), ServerUsage));

        await leader.StartAgainAsync();
        await agent.KillAsync();
        await agent.StartAgainAsync();
        await agent.UntilConnectedAsync();

        async Task RefusedAsync(string words, X509Certificate2 shown)
        {
            using (shown)
            {
                using var impostor = new Impostor(leader.Address, shown);

                // A node that was just started dials at once, whatever went before.
                await agent.KillAsync();
                await agent.StartAgainAsync();
                var member = await agent.UntilMemberAsync(one => one.Session?.Problem.Contains("not the fleet's manager", StringComparison.Ordinal) == true, "wary");
                member.Session.Problem.ShouldContain(words);
                impostor.Heard.ShouldBe(0, "nothing is said to who is not proven");
            }
        }
    }

    // The manager's own: whoever has its key is the fleet.
    private static async Task<X509Certificate2> AuthorityAsync(FleetLeader leader)
    {
        var pem = (await leader.Admin.IssueCertificateAsync(new IssueCertificateRequest { Role = "viewer", Name = "ft" })).CaPem;
        var key = await File.ReadAllTextAsync(Path.Combine(leader.Data, "authority-1.key"));
        return X509Certificate2.CreateFromPem(pem, key);
    }

    private static X509Certificate2 SelfMade()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Stranger", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-2), TimeProvider.System.GetUtcNow().AddDays(2));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string role, DateTimeOffset end, string usage)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=manager", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(role));
        request.CertificateExtensions.Add(names.Build());
        using var bare = request.Create(authority, authority.NotBefore, end, RandomNumberGenerator.GetBytes(12));
        using var whole = bare.CopyWithPrivateKey(key);

        // OpenSSL wants a key that lies in a store of its own.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    /// <summary>Answers at an address with a certificate, and counts what it is told.</summary>
    private sealed class Impostor : IDisposable
    {
        private readonly TcpListener _listener;
        private int _heard;

        public Impostor(string address, X509Certificate2 shown)
        {
            _listener = new TcpListener(IPEndPoint.Parse(address));
            _listener.Start();
            _ = AnswerAsync(shown);
        }

        /// <summary>Bytes that came through a handshake.</summary>
        public int Heard => Volatile.Read(ref _heard);

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(X509Certificate2 shown)
        {
            var buffer = new byte[1024];
            while (true)
            {
                try
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await using var tls = new SslStream(client.GetStream());
                    using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
                    await tls.AuthenticateAsServerAsync(
                        new SslServerAuthenticationOptions { ServerCertificate = shown, ApplicationProtocols = [SslApplicationProtocol.Http2] }, limit.Token);
                    Interlocked.Add(ref _heard, await tls.ReadAsync(buffer, limit.Token));
                }
                catch (Exception refused) when (refused is IOException or AuthenticationException or OperationCanceledException)
                {
                    // As it should be.
                }
                catch (Exception over) when (over is SocketException or ObjectDisposedException or InvalidOperationException)
                {
                    return;
                }
            }
        }
    }
}
