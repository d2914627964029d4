using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Tls;

/// <summary>What an authority has taken back: a certificate revocation list (RFC 5280, section 5), its signature checked.</summary>
internal sealed class RevocationList
{
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2", EcdsaWithSha384 = "1.2.840.10045.4.3.3", EcdsaWithSha512 = "1.2.840.10045.4.3.4";

    private readonly FrozenSet<string> _serials;

    private RevocationList(byte[] issuer, DateTimeOffset issued, FrozenSet<string> serials)
    {
        Issuer = issuer;
        Issued = issued;
        _serials = serials;
    }

    /// <summary>The authority's name, DER.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Issued { get; }

    /// <summary>How many certificates are on it.</summary>
    public int Count => _serials.Count;

    /// <summary>Whether a certificate of this authority is on it.</summary>
    public bool Names(X509Certificate2 certificate) =>
        certificate.IssuerName.RawData.AsSpan().SequenceEqual(Issuer.Span) && _serials.Contains(certificate.SerialNumber);

    /// <summary>Reads one and checks that one of these authorities made it.</summary>
    /// <param name="der">The list.</param>
    /// <param name="authorities">Whose lists count.</param>
    /// <exception cref="CryptographicException">It is no list, or none of these authorities signed it.</exception>
    public static RevocationList Read(byte[] der, IEnumerable<X509Certificate2> authorities) => ReadKnown(der, authorities) ?? throw Unsigned();

    /// <summary>Reads one that may be of somebody else.</summary>
    /// <param name="der">The list.</param>
    /// <param name="authorities">Whose lists count.</param>
    /// <returns><c>null</c> when it bears the name of none of these authorities.</returns>
    /// <exception cref="CryptographicException">It is no list, or none of these authorities signed it although it says so.</exception>
    public static RevocationList? ReadKnown(byte[] der, IEnumerable<X509Certificate2> authorities)
    {
        try
        {
            var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            var signed = list.PeekEncodedValue();
            var body = list.ReadSequence();
            var algorithm = list.ReadSequence().ReadObjectIdentifier();
            var signature = list.ReadBitString(out _);
            var read = ReadBody(body);
            var named = authorities.Where(authority => authority.SubjectName.RawData.AsSpan().SequenceEqual(read.Issuer.Span)).ToList();
            if (named.Count == 0)
            {
                return null;
            }

            return named.Exists(authority => IsSignedBy(authority, signed.Span, signature, algorithm)) ? read : throw Unsigned();
        }
        catch (AsnContentException broken)
        {
            throw new CryptographicException("This is no certificate revocation list (RFC 5280) in DER or PEM.", broken);
        }
    }

    private static CryptographicException Unsigned() => new("No authority of the fleet has signed the revocation list.");

    private static RevocationList ReadBody(AsnReader body)
    {
        if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            body.ReadInteger(); // version
        }

        body.ReadSequence(); // the algorithm, once more
        var issuer = body.ReadEncodedValue().ToArray();
        var issued = ReadTime(body);
        if (body.HasData && body.PeekTag() is { TagClass: TagClass.Universal } tag && (tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime)))
        {
            ReadTime(body); // when the next is due; a list counts until a newer one is there
        }

        var serials = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            var entries = body.ReadSequence();
            while (entries.HasData)
            {
                serials.Add(Convert.ToHexString(entries.ReadSequence().ReadIntegerBytes().Span));
            }
        }

        return new RevocationList(issuer, issued, serials.ToFrozenSet(StringComparer.OrdinalIgnoreCase));
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static bool IsSignedBy(X509Certificate2 authority, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature, string algorithm)
    {
        HashAlgorithmName? hash = algorithm switch
        {
            EcdsaWithSha256 => HashAlgorithmName.SHA256,
            EcdsaWithSha384 => HashAlgorithmName.SHA384,
            EcdsaWithSha512 => HashAlgorithmName.SHA512,
            _ => null,
        };
        using var key = authority.GetECDsaPublicKey();
        return hash is { } name && key is not null && key.VerifyData(signed, signature, name, DSASignatureFormat.Rfc3279DerSequence);
    }
}
