using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReferenceManager.Authority;

/// <summary>
/// Whether the other end of a connection is who it has to be: issued by an authority of the fleet, valid now, for this
/// use, not revoked, and with the right URI. A name of a host is not looked at.
/// </summary>
internal sealed class PeerCheck(FleetTrust trust, TimeProvider time)
{
    /// <summary>The use of whoever opened the connection.</summary>
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>The use of whoever was dialled.</summary>
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>Checks a certificate.</summary>
    /// <param name="certificate">What the peer showed; <c>null</c> where it showed nothing.</param>
    /// <param name="use"><see cref="ClientUse"/> or <see cref="ServerUse"/>.</param>
    /// <param name="role">What the peer has to be.</param>
    /// <returns>Who it is, or what is wrong, in words for the log of the one who is refused.</returns>
    public (FleetIdentity? Peer, string Complaint) Check(X509Certificate2? certificate, string use, FleetRole role)
    {
        if (certificate is null)
        {
            return (null, "a client certificate of the fleet is needed here");
        }

        // One snapshot for the whole check: the fleet's trust may change meanwhile.
        var current = trust.Current;
        using var chain = new X509Chain();
        chain.ChainPolicy = PolicyFor(current, use);
        if (!chain.Build(certificate))
        {
            return (null, $"the certificate is not good: {string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.TrimEnd('.')))}");
        }

        if (current.Revoked.Contains(certificate.SerialNumber))
        {
            return (null, $"the certificate {certificate.SerialNumber} was revoked");
        }

        var identities = IdentityExtension.Read(certificate);
        var peer = identities.FirstOrDefault(identity => identity.Role == role && identity.Fleet == trust.Fleet);
        return peer is not null
            ? (peer, "")
            : (null, $"the certificate says {Names(identities)}, and here nodeagent://{trust.Fleet}/{role.ToString().ToLowerInvariant()}/… is needed");
    }

    private X509ChainPolicy PolicyFor(TrustSnapshot current, string use)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // A certificate may name addresses where its issuer or a revocation list is to be found. A stranger must not
            // make us go there; our own revocations we know.
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = time.GetUtcNow().LocalDateTime,
        };
        policy.ApplicationPolicy.Add(new Oid(use));
        foreach (var authority in current.Authorities)
        {
            policy.CustomTrustStore.Add(authority.Certificate);
        }

        return policy;
    }

    private static string Names(IReadOnlyList<FleetIdentity> identities) =>
        identities.Count == 0 ? "nothing of its holder" : string.Join(" and ", identities.Select(identity => identity.Uri));
}
