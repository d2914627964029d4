using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace ReferenceManager.Authority;

/// <summary>
/// The subject alternative name with its URIs (RFC 5280, 4.2.1.6). Written and read as it stands: .NET's own builder goes
/// through <see cref="Uri"/>, which turns a fleet called "Berlin" into "berlin".
/// </summary>
internal static class IdentityExtension
{
    private const string Oid = "2.5.29.17";
    private static readonly Asn1Tag s_uri = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag s_dns = new(TagClass.ContextSpecific, 2);

    /// <summary>The extension for one identity.</summary>
    /// <param name="identity">Who the holder is.</param>
    /// <param name="dnsName">A name for TLS libraries that insist on one; nodes and this manager never look at it.</param>
    public static X509Extension Write(FleetIdentity identity, string? dnsName)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, identity.Uri, s_uri);
            if (dnsName is not null)
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, dnsName, s_dns);
            }
        }

        return new X509Extension(Oid, writer.Encode(), critical: false);
    }

    /// <summary>The identities that a certificate names; none where it has no such extension or a broken one.</summary>
    public static IReadOnlyList<FleetIdentity> Read(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.Where(extension => extension.Oid?.Value == Oid)
                .SelectMany(extension => Uris(extension.RawData))
                .Select(FleetIdentity.Parse)
                .OfType<FleetIdentity>()];
        }
        catch (AsnContentException)
        {
            return [];
        }
    }

    private static List<string> Uris(byte[] extension)
    {
        var uris = new List<string>();
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            if (names.PeekTag().HasSameClassAndValue(s_uri))
            {
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, s_uri));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        return uris;
    }
}
