using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Tls;

/// <summary>The certificate of the other end and what it sent along, kept so that both can be judged again while the connection is open.</summary>
/// <param name="Certificate">Its own.</param>
/// <param name="Sent">What leads from it to an authority, as it was sent.</param>
/// <param name="JudgedBy">What was in force when it was judged first; <c>null</c> where the node had nothing.</param>
internal sealed record PeerCertificate(X509Certificate2 Certificate, X509Certificate2Collection Sent, NodeCredentials? JudgedBy)
{
    /// <summary>Copies them out of a handshake, which disposes of its own.</summary>
    public static PeerCertificate Of(X509Certificate2 shown, X509Chain? chain, NodeCredentials? judgedBy)
    {
        ArgumentNullException.ThrowIfNull(shown);
        return new PeerCertificate(Copy(shown), [.. (chain?.ChainPolicy.ExtraStore ?? []).Where(sent => !sent.RawDataMemory.Span.SequenceEqual(shown.RawDataMemory.Span)).Select(Copy)], judgedBy);
    }

    private static X509Certificate2 Copy(X509Certificate2 certificate) => X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
}
