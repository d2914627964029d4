using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ReferenceManager.Authority;

/// <summary>
/// The authorities' private keys, as files that only the manager's user can read. Whoever has one of them is the fleet:
/// a manager in earnest keeps it in a hardware module or in a signing service.
/// </summary>
internal sealed class AuthorityKeys(string directory)
{
    /// <summary>Keeps the key of a new authority.</summary>
    public void Save(CertificateAuthority authority)
    {
        using var key = authority.Certificate.GetECDsaPrivateKey()!;
        using var file = new FileStream(PathOf(authority.Number), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        file.Flush(flushToDisk: true);
    }

    /// <summary>An authority from its certificate and its key's file.</summary>
    public CertificateAuthority Load(int number, byte[] certificate)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(PathOf(number)));
        using var known = X509CertificateLoader.LoadCertificate(certificate);
        return new CertificateAuthority(number, known.CopyWithPrivateKey(key));
    }

    /// <summary>Forgets the key of an authority that nobody trusts any more.</summary>
    public void Delete(int number) => File.Delete(PathOf(number));

    private string PathOf(int number) => Path.Combine(directory, $"authority-{number}.key");
}
