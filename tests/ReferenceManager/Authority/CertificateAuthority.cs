using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReferenceManager.Authority;

/// <summary>
/// One certificate authority: a key and its self-signed certificate. What it issues follows the table of
/// docs/security.md line by line.
/// </summary>
internal sealed class CertificateAuthority(int number, X509Certificate2 certificate) : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan s_life = TimeSpan.FromDays(3650);

    // A host whose clock is slow must be able to use what it was just given. What is valid for less than a day begins as
    // long ago as it lasts, so that "two thirds of its life" are still to come when it is issued.
    private static readonly TimeSpan s_slowClock = TimeSpan.FromDays(1);

    /// <summary>1 for the first authority of the fleet, 2 for the one that replaces it, …</summary>
    public int Number => number;

    /// <summary>Its certificate, with the private key.</summary>
    public X509Certificate2 Certificate => certificate;

    /// <summary>What a join token pins.</summary>
    public byte[] KeyPin => PublicKeys.Pin(certificate.PublicKey);

    /// <summary>Makes a new one.</summary>
    public static CertificateAuthority Create(int number, string fleet, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name(fleet, $"authority {number}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        // Begins before anything that it issues, which begins a day back.
        return new CertificateAuthority(number, request.CreateSelfSigned(now - (2 * s_slowClock), now + s_life));
    }

    /// <summary>Issues a certificate. Of a node's own request nothing is used but the key.</summary>
    /// <param name="key">The holder's public key.</param>
    /// <param name="identity">What the certificate says.</param>
    /// <param name="now">The time.</param>
    /// <param name="validity">How long from now it is valid.</param>
    public X509Certificate2 Issue(PublicKey key, FleetIdentity identity, DateTimeOffset now, TimeSpan validity)
    {
        var isServer = identity.Role is FleetRole.Node or FleetRole.Manager;
        var usages = new OidCollection { new Oid(ClientAuthentication) };
        if (isServer)
        {
            usages.Add(new Oid(ServerAuthentication));
        }

        var request = new CertificateRequest(Name(identity.Fleet, identity.Name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        request.CertificateExtensions.Add(IdentityExtension.Write(identity, isServer ? identity.Name : null));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(key, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));

        var end = now + validity;
        return request.Create(certificate, now - (validity < s_slowClock ? validity : s_slowClock), end < certificate.NotAfter ? end : certificate.NotAfter, NewSerial());
    }

    /// <summary>Writes the list of what it has taken back (RFC 5280, 5).</summary>
    /// <param name="revoked">Serial numbers in hexadecimal, and when each was taken back.</param>
    /// <param name="version">The list's number, which grows.</param>
    /// <param name="now">The time.</param>
    public byte[] WriteRevocationList(IEnumerable<(string Serial, DateTimeOffset Time)> revoked, long version, DateTimeOffset now)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var (serial, time) in revoked)
        {
            list.AddEntry(Convert.FromHexString(serial), time);
        }

        // A list that ends would shut the fleet out when its manager is away for long: the newest one holds until there
        // is a newer one.
        return list.Build(certificate, new BigInteger(version), certificate.NotAfter, HashAlgorithmName.SHA256, thisUpdate: now - s_slowClock);
    }

    public void Dispose() => certificate.Dispose();

    private static X500DistinguishedName Name(string fleet, string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddOrganizationName(fleet);
        // A common name has at most 64 characters (RFC 5280, upper bounds); the whole one is in the URI.
        builder.AddCommonName(name.Length <= 64 ? name : name[..64]);
        return builder.Build();
    }

    // 127 random bits: positive, and nobody can guess what the next one is.
    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }
}
