using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;
using ReferenceManager.Storage;

namespace ReferenceManager.Enrolment;

/// <summary>
/// The next certificate for a node that has one. It may have expired, by an hour or by a year: the key proves who asks,
/// and the record of what was issued proves that the key is the node's. So no host is stranded because it was off.
/// </summary>
internal sealed class Renewal(Database database, FleetTrust trust, CertificateBook certificates, TimeProvider time, TimeSpan nodeValidity)
{
    private static readonly byte[] s_purpose = Encoding.ASCII.GetBytes("nodeagent-renew-1");

    /// <summary>Issues it, or gives the one again that was issued for the same new key a moment ago.</summary>
    /// <exception cref="Grpc.Core.RpcException">KEY_UNKNOWN, NODE_REVOKED, or what is sent has no meaning.</exception>
    public async Task<IssuedCertificate> RenewAsync(RenewRequest request)
    {
        var key = NodeRequest.ReadKey(request.CertificateRequest);
        using var present = ReadCertificate(request);
        if (!IsSignedBy(present, request))
        {
            throw Refusal.Denied("KEY_UNKNOWN", "the request is not signed by the key of the certificate that it names");
        }

        return await database.CommitAsync(connection =>
        {
            var old = CertificateBook.Find(connection, present.SerialNumber);
            // Byte by byte what we issued: this holds for any authority that this fleet ever had, and for no other.
            if (old is null || !old.Der.AsSpan().SequenceEqual(present.RawDataMemory.Span) || old.Role != "node" || old.Name != request.NodeId)
            {
                throw Refusal.Denied("KEY_UNKNOWN", "this manager has no record of this certificate for this node: enrol it anew with a token");
            }

            var all = CertificateBook.Of(connection, FleetRole.Node, old.Name);
            if (old.IsRevoked)
            {
                throw Refusal.Denied("NODE_REVOKED", "the certificate was revoked: if that was a mistake, enrol the node anew with a token");
            }

            return all.Find(certificate => IsFresh(certificate, key))
                ?? certificates.Issue(connection, key, FleetRole.Node, old.Name, nodeValidity);
        });
    }

    // The node asks twice when the first answer was lost; two certificates for one key would help nobody.
    private bool IsFresh(IssuedCertificate certificate, PublicKey key) =>
        certificate.Key == PublicKeys.Fingerprint(key)
        && !certificate.IsRevoked
        && certificate.Authority == trust.Current.Active.Number
        && time.GetUtcNow() < certificate.Begin + ((certificate.End - certificate.Begin) / 2);

    private static X509Certificate2 ReadCertificate(RenewRequest request)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(request.Certificate.Span);
        }
        catch (CryptographicException)
        {
            throw Refusal.Invalid("certificate: not a certificate (X.509, DER)");
        }
    }

    private static bool IsSignedBy(X509Certificate2 certificate, RenewRequest request)
    {
        if (!PublicKeys.IsP256(certificate.PublicKey))
        {
            return false;
        }

        using var key = certificate.GetECDsaPublicKey()!;
        return key.VerifyData(
            [.. s_purpose, .. request.CertificateRequest.Span], request.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
