using System.Collections.Immutable;
using NodeAgent.Manager.V1;

namespace ReferenceManager.Authority;

/// <summary>What the fleet trusts at one moment; never changed, replaced by the next.</summary>
/// <param name="Bundle">The same as nodes get it.</param>
/// <param name="Authorities">Those of the bundle, the oldest first. Two of them while one replaces the other.</param>
/// <param name="Active">The one that issues.</param>
/// <param name="Since">The version of the bundle that brought each authority, by its number.</param>
/// <param name="Revoked">Serial numbers, in hexadecimal.</param>
internal sealed record TrustSnapshot(
    TrustBundle Bundle,
    ImmutableArray<CertificateAuthority> Authorities,
    CertificateAuthority Active,
    ImmutableDictionary<int, long> Since,
    ImmutableHashSet<string> Revoked)
{
    /// <summary>Grows with each change.</summary>
    public long Version => Bundle.Version;

    /// <summary>The youngest authority, which becomes the active one once all nodes trust it.</summary>
    public CertificateAuthority Newest => Authorities[^1];
}
