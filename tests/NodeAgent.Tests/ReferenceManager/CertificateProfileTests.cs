using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ReferenceManager.Authority;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>What certificates say: the table of docs/security.md.</summary>
public sealed class CertificateProfileTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private readonly CertificateAuthority _authority = CertificateAuthority.Create(1, "Berlin", s_now);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
    }

    [Theory]
    [InlineData("Node", true)]
    [InlineData("Manager", true)]
    [InlineData("Admin", false)]
    [InlineData("Operator", false)]
    [InlineData("Viewer", false)]
    [InlineData("Metrics", false)]
    public void A_certificate_says_what_its_holder_is_and_no_more(string role, bool isServer)
    {
        using var issued = Issue(Enum.Parse<FleetRole>(role), "Some-Name_1.x");

        var extensions = issued.Extensions;
        extensions.OfType<X509BasicConstraintsExtension>().Single().ShouldSatisfyAllConditions(
            constraints => constraints.CertificateAuthority.ShouldBeFalse(), constraints => constraints.Critical.ShouldBeTrue());
        extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.ShouldBe(X509KeyUsageFlags.DigitalSignature);
        var uses = extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(use => use.Value!);
        string[] expected = isServer ? [PeerCheck.ClientUse, PeerCheck.ServerUse] : [PeerCheck.ClientUse];
        uses.ShouldBe(expected);
        IdentityExtension.Read(issued).Single().Uri.ShouldBe($"nodeagent://Berlin/{role.ToLowerInvariant()}/Some-Name_1.x");
        issued.NotBefore.ToUniversalTime().ShouldBe(s_now.UtcDateTime.AddDays(-1));
        issued.NotAfter.ToUniversalTime().ShouldBe(s_now.UtcDateTime.AddDays(9));
    }

    [Fact]
    public void An_authority_signs_certificates_and_revocation_lists_and_nothing_else()
    {
        var extensions = _authority.Certificate.Extensions;
        extensions.OfType<X509BasicConstraintsExtension>().Single().ShouldSatisfyAllConditions(
            constraints => constraints.CertificateAuthority.ShouldBeTrue(),
            constraints => constraints.Critical.ShouldBeTrue(),
            constraints => constraints.PathLengthConstraint.ShouldBe(0));
        extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.ShouldBe(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign);
        IdentityExtension.Read(_authority.Certificate).ShouldBeEmpty();
        PublicKeys.IsP256(_authority.Certificate.PublicKey).ShouldBeTrue();
    }

    [Fact]
    public void A_short_certificate_has_most_of_its_life_before_it()
    {
        using var issued = _authority.Issue(PublicKey, new FleetIdentity("Berlin", FleetRole.Node, "n"), s_now, TimeSpan.FromSeconds(20));
        issued.NotBefore.ToUniversalTime().ShouldBe(s_now.UtcDateTime.AddSeconds(-20));
        issued.NotAfter.ToUniversalTime().ShouldBe(s_now.UtcDateTime.AddSeconds(20));
    }

    [Fact]
    public void No_certificate_outlives_its_authority()
    {
        using var issued = _authority.Issue(PublicKey, new FleetIdentity("Berlin", FleetRole.Node, "n"), s_now, TimeSpan.FromDays(100_000));
        issued.NotAfter.ShouldBe(_authority.Certificate.NotAfter);
    }

    [Fact]
    public void A_revocation_list_is_signed_and_names_what_was_taken_back()
    {
        using var bad = Issue(FleetRole.Node, "bad");
        using var good = Issue(FleetRole.Node, "good");

        var list = _authority.WriteRevocationList([(bad.SerialNumber, s_now.AddHours(-1))], 7, s_now);

        var builder = CertificateRevocationListBuilder.Load(list, out var number);
        number.ShouldBe(7);
        builder.RemoveEntry(good.SerialNumberBytes.Span).ShouldBeFalse();
        builder.RemoveEntry(bad.SerialNumberBytes.Span).ShouldBeTrue();
        IsSigned(list).ShouldBeTrue();
        list[^1] ^= 1;
        IsSigned(list).ShouldBeFalse();
    }

    [Theory]
    [InlineData("nodeagent://f/node/1", true)]
    [InlineData("nodeagent://F_.-9/metrics/a.b", true)]
    [InlineData("nodeagent://f/Node/1", false)]
    [InlineData("nodeagent://f/root/1", false)]
    [InlineData("nodeagent://f/node/", false)]
    [InlineData("nodeagent://f/node/1/2", false)]
    [InlineData("nodeagent://f/node/1\n", false)]
    [InlineData("nodeagent:///node/1", false)]
    [InlineData("spiffe://f/node/1", false)]
    public void An_identity_has_one_form(string uri, bool isOne) => (FleetIdentity.Parse(uri)?.Uri == uri).ShouldBe(isOne);

    [Fact]
    public void A_broken_extension_names_nobody()
    {
        var request = new CertificateRequest("CN=x", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x05, 0x86], critical: false));
        using var odd = request.CreateSelfSigned(s_now, s_now.AddDays(1));
        IdentityExtension.Read(odd).ShouldBeEmpty();
    }

    private PublicKey PublicKey => new CertificateRequest("CN=x", _key, HashAlgorithmName.SHA256).PublicKey;

    private X509Certificate2 Issue(FleetRole role, string name) =>
        _authority.Issue(PublicKey, new FleetIdentity("Berlin", role, name), s_now, TimeSpan.FromDays(9));

    private bool IsSigned(byte[] list)
    {
        var outer = new AsnReader(list, AsnEncodingRules.DER).ReadSequence();
        var signed = outer.ReadEncodedValue();
        outer.ReadEncodedValue();
        using var key = _authority.Certificate.GetECDsaPublicKey()!;
        return key.VerifyData(signed.Span, outer.ReadBitString(out _), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
