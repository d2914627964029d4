using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NodeAgent.Manager.V1;
using ReferenceManager.Addresses;
using ReferenceManager.Admin.V1;
using ReferenceManager.Authority;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>Who may open a session.</summary>
public sealed class GateTests : IAsyncLifetime
{
    private TestFleet _manager = null!;

    public async ValueTask InitializeAsync() => _manager = await TestFleet.StartAsync();

    public ValueTask DisposeAsync() => _manager.DisposeAsync();

    [Fact]
    public async Task Without_a_certificate_nothing_is_served_but_enrolment()
    {
        using var node = new TestNode(_manager);
        (await node.Enrolment.GetTrustBundleAsync(new GetTrustBundleRequest())).Version.ShouldBe(1);

        using var session = new SessionService.SessionServiceClient(node.Anonymous).OpenSession();
        var refused = await Should.ThrowAsync<RpcException>(session.ResponseStream.MoveNext());
        refused.StatusCode.ShouldBe(StatusCode.Unauthenticated);
        refused.Status.Detail.ShouldContain("client certificate");
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("operator")]
    [InlineData("manager")]
    public async Task Another_role_is_no_node(string role)
    {
        var issued = await _manager.Admin.IssueCertificateAsync(new IssueCertificateRequest { Role = role, Name = "alice" });
        using var certificate = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);

        (await RefusalAsync(certificate)).ShouldContain($"nodeagent://Berlin/{role}/alice");
    }

    [Fact]
    public async Task A_node_of_another_fleet_is_a_stranger()
    {
        await using var elsewhere = await TestFleet.StartAsync();
        using var node = await elsewhere.JoinAsync();
        using var certificate = node.Certificate!.CopyWithPrivateKey(node.Key);

        (await RefusalAsync(certificate)).ShouldContain("not good");
    }

    [Fact]
    public async Task A_certificate_that_somebody_signed_for_himself_is_worth_nothing()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=me", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(IdentityExtension.Write(new FleetIdentity("Berlin", FleetRole.Node, "me"), dnsName: null));
        var now = _manager.Time.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        (await RefusalAsync(certificate)).ShouldContain("not good");
    }

    [Fact]
    public async Task A_revoked_node_loses_its_session_and_gets_no_other()
    {
        using var node = await _manager.JoinAsync();
        using var session = await node.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);

        await _manager.Admin.RevokeAsync(new RevokeRequest { What = node.Certificate!.SerialNumber });

        var end = await session.EndAsync();
        end.StatusCode.ShouldBe(StatusCode.PermissionDenied);
        end.Detail.ShouldContain("revoked");
        // Over the connection that is open still.
        using var again = session.Client.OpenSession();
        (await Should.ThrowAsync<RpcException>(again.ResponseStream.MoveNext())).Status.Detail.ShouldContain("was revoked");
        (await _manager.FindAsync(node)).State.ShouldBe("revoked");
    }

    [Fact]
    public async Task The_others_learn_of_a_revocation()
    {
        using var bad = await _manager.JoinAsync("bad");
        using var good = await _manager.JoinAsync("good");
        using var session = await good.OpenSessionAsync();
        await session.NextAsync(OpenSessionResponse.ItemOneofCase.Welcome);

        await _manager.Admin.RevokeAsync(new RevokeRequest { What = "bad" });

        var update = (await session.NextAsync(OpenSessionResponse.ItemOneofCase.UpdateTrust)).UpdateTrust;
        update.Renew.ShouldBeFalse();
        update.Trust.Version.ShouldBe(good.Trust.Version + 1);
        var list = CertificateRevocationListBuilder.Load(update.Trust.RevocationLists.Single().ToByteArray(), out _);
        list.RemoveEntry(bad.Certificate!.SerialNumberBytes.Span).ShouldBeTrue();
    }

    [Fact]
    public async Task An_older_TLS_is_not_spoken()
    {
        var address = HostPort.Parse(_manager.Endpoint);
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "manager",
#pragma warning disable CA5398, CA5359 // What is tried here is that it fails.
            EnabledSslProtocols = SslProtocols.Tls12,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5398, CA5359
        };

        await Should.ThrowAsync<Exception>(tls.AuthenticateAsClientAsync(options));
        tls.IsAuthenticated.ShouldBeFalse();
    }

    private async Task<string> RefusalAsync(X509Certificate2 certificate)
    {
        using var node = new TestNode(_manager);
        using var session = await node.OpenSessionAsync(other: certificate);
        var status = await session.EndAsync();
        status.StatusCode.ShouldBe(StatusCode.Unauthenticated);
        return status.Detail;
    }
}
