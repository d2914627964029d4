using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReferenceManager.Authority;

/// <summary>Names for public keys, and the one kind that a node may have.</summary>
internal static class PublicKeys
{
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>SHA-256 of the key (SubjectPublicKeyInfo, DER): the pin of an authority in a join token.</summary>
    public static byte[] Pin(PublicKey key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());

    /// <summary>The same in hexadecimal: the fingerprint that people compare.</summary>
    public static string Fingerprint(PublicKey key) => Convert.ToHexStringLower(Pin(key));

    /// <summary>Whether it is an ECDSA key on P-256.</summary>
    public static bool IsP256(PublicKey key)
    {
        try
        {
            using var ecdsa = key.GetECDsaPublicKey();
            return ecdsa?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == P256;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
