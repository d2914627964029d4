using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Fleet;

/// <summary>A node's private key: made here, kept here, and proven by a certificate request.</summary>
internal static class NodeKey
{
    private static readonly byte[] RenewalPurpose = "nodeagent-renew-1"u8.ToArray();

    /// <summary>Makes one.</summary>
    public static ECDsa Make() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>SHA-256 of the public key in hexadecimal, as the manager shows it too.</summary>
    public static string FingerprintOf(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    /// <summary>A certificate request (PKCS #10). The manager decides what the certificate says.</summary>
    public static byte[] RequestFor(ECDsa key, Guid nodeId) =>
        new CertificateRequest($"CN={nodeId:D}", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>What proves, at a renewal, that the holder of the old key asks.</summary>
    public static byte[] SignRenewal(ECDsa oldKey, byte[] request) =>
        oldKey.SignData([.. RenewalPurpose, .. request], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
}
