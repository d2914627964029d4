using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Tls;

namespace NodeAgent.Tests.Tls;

public sealed class FleetTrustTests : IDisposable
{
    private readonly TestFleet _fleet = new();

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Fact]
    public void Holder_of_a_certificate_of_the_fleet_has_the_roles_it_says()
    {
        using var certificate = _fleet.Issue(wish => wish with { Uris = ["nodeagent://test/operator/alice", "https://elsewhere.example/", "nodeagent://other/admin/alice", "nodeagent://test/viewer/alice"] });

        var verdict = _fleet.Trust().OfClient(certificate, null, TestFleet.Fleet, Now);

        verdict.Problem.ShouldBe("");
        verdict.Names.Select(name => name.ToString()).ShouldBe(["nodeagent://test/operator/alice", "nodeagent://test/viewer/alice"]);
    }

    [Fact]
    public void Certificate_of_another_authority_is_refused_also_of_one_with_the_same_name()
    {
        using var impostor = new TestFleet();
        using var certificate = impostor.Client("admin");

        Problem(certificate).ShouldContain("no authority of the fleet");
    }

    [Fact]
    public void Self_signed_certificate_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri("nodeagent://test/admin/alice"));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(1));

        Problem(certificate).ShouldContain("no authority of the fleet");
    }

    [Fact]
    public void Expired_certificate_is_refused_and_the_hosts_clock_is_told()
    {
        using var certificate = _fleet.Issue(wish => wish with { NotBefore = Now.AddDays(-1), NotAfter = Now.AddMinutes(-1) });

        Problem(certificate).ShouldContain("ended at");
        Problem(certificate).ShouldContain("clock says");
    }

    [Fact]
    public void Certificate_that_has_not_begun_is_refused()
    {
        using var certificate = _fleet.Issue(wish => wish with { NotBefore = Now.AddHours(1) });

        Problem(certificate).ShouldContain("begins at");
    }

    [Fact]
    public void Servers_certificate_is_no_clients()
    {
        using var certificate = _fleet.Issue(wish => wish with { Usages = [TestFleet.ServerUsage] });

        Problem(certificate).ShouldContain("not for this use");
        _fleet.Trust().OfServer(certificate, null, TestFleet.Fleet, Now).IsAccepted.ShouldBeTrue();
    }

    [Theory]
    [InlineData]
    [InlineData("nodeagent://other/admin/alice")]
    [InlineData("nodeagent://test/admin")]
    [InlineData("nodeagent://test/admin/alice/more")]
    [InlineData("nodeagent://test/admin/")]
    [InlineData("nodeagent://test/admin/al%20ice")]
    public void Certificate_without_a_role_in_this_fleet_is_refused(params string[] uris)
    {
        using var certificate = _fleet.Issue(wish => wish with { Uris = uris });

        Problem(certificate).ShouldContain("names no role in the fleet 'test'");
    }

    [Fact]
    public void Revoked_certificate_is_refused_and_others_are_not()
    {
        using var revoked = _fleet.Client("operator");
        using var other = _fleet.Client("operator");
        var trust = _fleet.Trust(_fleet.Revoke(revoked));

        trust.OfClient(revoked, null, TestFleet.Fleet, Now).Problem.ShouldContain("revoked");
        trust.OfClient(other, null, TestFleet.Fleet, Now).IsAccepted.ShouldBeTrue();
    }

    [Fact]
    public void Denied_serial_number_is_refused_however_it_is_written()
    {
        using var certificate = _fleet.Client("operator");
        var written = "00" + string.Join(':', certificate.SerialNumber.ToLowerInvariant().Chunk(2).Select(pair => new string(pair)));
        var trust = new FleetTrust([_fleet.Authority], [], [CredentialFiles.NormalizeSerial(written)]);

        trust.OfClient(certificate, null, TestFleet.Fleet, Now).Problem.ShouldContain("revoked");
    }

    [Fact]
    public void List_that_the_authority_did_not_sign_is_no_list()
    {
        using var impostor = new TestFleet();
        using var victim = _fleet.Client("operator");

        Should.Throw<CryptographicException>(() => RevocationList.Read(impostor.Revoke(victim), [_fleet.Authority])).Message.ShouldContain("No authority");
    }

    [Fact]
    public void Damaged_list_is_an_error_wherever_the_damage_is()
    {
        using var victim = _fleet.Client("operator");
        var good = _fleet.Revoke(victim);
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 0x40;
            Should.Throw<CryptographicException>(() => RevocationList.Read(bad, [_fleet.Authority]), $"byte {i}");
            Should.Throw<CryptographicException>(() => RevocationList.Read(good[..i], [_fleet.Authority]), $"cut at {i}");
        }
    }

    public void Dispose() => _fleet.Dispose();

    private string Problem(X509Certificate2 certificate)
    {
        var verdict = _fleet.Trust().OfClient(certificate, null, TestFleet.Fleet, Now);
        verdict.Names.ShouldBeEmpty();
        return verdict.Problem;
    }
}
