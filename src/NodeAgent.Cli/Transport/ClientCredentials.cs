using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Cli.Errors;

namespace NodeAgent.Cli.Transport;

/// <summary>Who the user is to a node elsewhere, and whom the user trusts.</summary>
internal sealed class ClientCredentials : IDisposable
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private ClientCredentials(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2Collection authorities, HolderName holder)
    {
        Certificate = certificate;
        Chain = chain;
        Authorities = authorities;
        Holder = holder;
    }

    /// <summary>The user's certificate with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What leads from it to an authority.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>The authorities of the fleet.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>The first role that the certificate gives.</summary>
    public HolderName Holder { get; }

    /// <summary>What should be mended about the files though they serve; null when nothing.</summary>
    public string? Warning { get; private init; }

    /// <summary>Reads them.</summary>
    /// <param name="paths">Where they lie.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CommandException">One is missing, is not what it should be, or has ended.</exception>
    public static ClientCredentials Load(CredentialPaths paths, TimeProvider time)
    {
        var certificates = Read(paths.Certificate, "certificate", CertificatesIn);
        var key = paths.Key;
        var certificate = Read(key, "key", pem => WithKey(certificates[0], pem));
        var authorities = Read(paths.Authorities, "authorities", CertificatesIn);
        CheckTime(certificate, paths.Certificate!, time);
        var holder = HolderName.Of(certificate) is [var first, ..] ? first : throw new CommandException(
            ExitCode.Usage,
            $"your certificate {paths.Certificate} names no role in a fleet",
            "It needs a URI nodeagent://FLEET/ROLE/NAME in its subject alternative name; have the fleet's authority issue one (docs/security.md).");
        return new ClientCredentials(certificate, [.. certificates.Skip(1)], authorities, holder)
        {
            Warning = (File.GetUnixFileMode(key!) & Others) != 0 ? $"warning: the key {key} can be read by others; 'chmod 600 {key}' mends it" : null,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static void CheckTime(X509Certificate2 certificate, string path, TimeProvider time)
    {
        var (now, begin, end) = (time.GetUtcNow().UtcDateTime, certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        if (now > end || now < begin)
        {
            throw new CommandException(
                ExitCode.Permission,
                $"your certificate {path} {(now > end ? $"ended at {end:yyyy-MM-dd HH:mm:ss}Z" : $"begins at {begin:yyyy-MM-dd HH:mm:ss}Z")}, and this host's clock says {now:yyyy-MM-dd HH:mm:ss}Z",
                "Have the fleet's authority issue a new one, or set this host's clock if it is wrong.");
        }
    }

    private static T Read<T>(string? path, string what, Func<string, T> parse)
    {
        if (path is null)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"a node elsewhere is reached by mutual TLS, and no file for --{what} is known",
                $"Give --{what} FILE or NODECTL_{what.ToUpperInvariant()}, put it into a context with 'nodectl context set', or put cert.pem, key.pem and ca.pem into ~/.config/nodectl.");
        }

        try
        {
            return parse(File.ReadAllText(path));
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CommandException(ExitCode.Usage, $"the {what} cannot be read: {path}: {wrong.Message}", $"--{what}, NODECTL_{what.ToUpperInvariant()} or the context says which file is taken.");
        }
    }

    private static X509Certificate2Collection CertificatesIn(string pem)
    {
        var found = new X509Certificate2Collection();
        found.ImportFromPem(pem);
        return found.Count > 0 ? found : throw new CryptographicException("there is no certificate in it");
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string pem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return certificate.CopyWithPrivateKey(key);
    }
}
