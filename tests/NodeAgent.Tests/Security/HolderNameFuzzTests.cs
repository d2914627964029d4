using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Security;
using NodeAgent.Tests.Tls;
using ReferenceManager.Authority;

namespace NodeAgent.Tests.Security;

/// <summary>
/// The subject alternative name of a certificate is bytes that its holder may have had a hand in. All who read it, read a
/// name or none; and a role is never made out of what is broken.
/// </summary>
public sealed class HolderNameFuzzTests
{
    private const string SubjectAlternativeName = "2.5.29.17";

    public static TheoryData<int> Seeds => [.. Fuzz.Seeds];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_bytes_are_names_or_none(int seed)
    {
        using var fleet = new TestFleet();
        var trust = fleet.Trust();
        var random = Fuzz.Dice("names", seed);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (var number = 0; number < 300; number++)
        {
            var names = Bytes(random);
            using var certificate = Issue(fleet, key, names);
            var told = $"seed {seed}, certificate {number}: {Convert.ToHexString(names)}";

            var read = Should.NotThrow(() => HolderName.Of(certificate), told);
            var client = Should.NotThrow(() => global::NodeAgent.Cli.Transport.HolderName.Of(certificate), told);
            Should.NotThrow(() => IdentityExtension.Read(certificate), told);
            var verdict = Should.NotThrow(() => trust.OfClient(certificate, null, TestFleet.Fleet, TimeProvider.System.GetUtcNow()), told);

            // The check of the chain may find fault with more than we do, and never with less.
            (!verdict.IsAccepted || read.Any(name => name.Fleet == TestFleet.Fleet)).ShouldBeTrue(told);
            read.ShouldAllBe(name => client.Any(other => other.Fleet == name.Fleet && other.Role == name.Role && other.Name == name.Name), told);
            foreach (var name in read)
            {
                // What goes on record is harmless.
                name.ToString().All(c => c is > ' ' and < '\x7f').ShouldBeTrue(told);
            }
        }
    }

    // Noise, or what a manager would write with some bytes changed, lost or added.
    private static byte[] Bytes(Random random)
    {
        if (random.Next(4) == 0)
        {
            return Fuzz.Noise(random);
        }

        var builder = new SubjectAlternativeNameBuilder();
        builder.AddDnsName("alice");
        builder.AddUri(new Uri($"nodeagent://{TestFleet.Fleet}/operator/alice"));
        var bytes = builder.Build().RawData.ToList();
        for (var changes = random.Next(4); changes > 0 && bytes.Count > 1; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(3))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
            }
        }

        return [.. bytes];
    }

    private static X509Certificate2 Issue(TestFleet fleet, ECDsa key, byte[] names)
    {
        var request = new CertificateRequest("CN=alice", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(TestFleet.ClientUsage)], false));
        request.CertificateExtensions.Add(new X509Extension(SubjectAlternativeName, names, critical: false));
        return request.Create(fleet.Authority, TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1), RandomNumberGenerator.GetBytes(12));
    }
}
