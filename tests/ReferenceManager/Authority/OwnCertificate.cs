using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ReferenceManager.Storage;

namespace ReferenceManager.Authority;

/// <summary>
/// The manager's own certificate, for both sides: it serves nodes with it and dials nodes with it. The key is never
/// stored, because the authority is at hand: each start issues a new one. Connections that are open keep the certificate
/// that they were opened with; new ones get the newest.
/// </summary>
internal sealed class OwnCertificate(Database database, CertificateBook book, string name, TimeSpan validity)
{
    private volatile SslStreamCertificateContext _current = null!;

    /// <summary>The newest, ready for a handshake.</summary>
    public SslStreamCertificateContext Current => _current;

    /// <summary>Issues the next one, by whichever authority is active.</summary>
    public async Task RenewAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=own", key, HashAlgorithmName.SHA256);
        var issued = await database.CommitAsync(connection => book.Issue(connection, request.PublicKey, FleetRole.Manager, name, validity));
        using var certificate = X509CertificateLoader.LoadCertificate(issued.Der);
        _current = SslStreamCertificateContext.Create(certificate.CopyWithPrivateKey(key), additionalCertificates: null, offline: true);
    }

    /// <summary>Renews it at two thirds of its life, as long as the manager runs.</summary>
    public async Task KeepFreshAsync(TimeProvider time, CancellationToken stop)
    {
        while (true)
        {
            // A timer takes no more than seven weeks.
            await Task.Delay(TimeSpan.FromDays(Math.Min(30, validity.TotalDays * 2 / 3)), time, stop);
            await RenewAsync();
        }
    }
}
