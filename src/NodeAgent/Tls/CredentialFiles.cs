using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Tls;

/// <summary>Where certificate, key and trust lie, in PEM.</summary>
/// <param name="Certificate">The node's certificate, and after it what leads to an authority.</param>
/// <param name="Key">Its key (PKCS #8 or SEC 1), not encrypted; readable by the agent alone.</param>
/// <param name="Authorities">The authorities of the fleet.</param>
internal sealed record CredentialFiles(string Certificate, string Key, string Authorities)
{
    private const string ListLabel = "X509 CRL";

    // Keys, chains and lists are small; what is larger is another file.
    private const int MostBytes = 16 * 1024 * 1024;

    /// <summary>Revocation lists that a manager gave with the authorities; <c>null</c> where no manager gave them. A file that is not there is an empty list.</summary>
    public string? GivenLists { get; init; }

    /// <summary>TrustBundle.version of what a manager gave; 0 where none did.</summary>
    public long TrustVersion { get; init; }

    /// <summary>
    /// Revocation lists that the configuration names, PEM or DER; a file that is not there is an empty list. Where a manager
    /// gives the authorities, it may take away one whose list lies here: such a list is left aside.
    /// </summary>
    public ImmutableArray<string> RevocationLists { get; init; } = [];

    /// <summary>Serial numbers that are refused, hexadecimal, one a line; '#' begins a comment. A file that is not there is an empty list.</summary>
    public string? DeniedSerials { get; init; }

    /// <summary>Every path, for a watch over them.</summary>
    public IEnumerable<string> Paths => ((IEnumerable<string?>)[Certificate, Key, Authorities, GivenLists, .. RevocationLists, DeniedSerials]).OfType<string>();

    /// <summary>Reads them all.</summary>
    /// <exception cref="CryptographicException">One of them is not what it should be; the message names it.</exception>
    /// <exception cref="IOException">One of them can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One of them can't be read.</exception>
    public NodeCredentials Load()
    {
        var authorities = Read(Authorities, text => CertificatesIn(text));
        RevocationList? ReadOwn(byte[] der) => RevocationList.Read(der, authorities);
        RevocationList? ReadConfigured(byte[] der) => GivenLists is null ? ReadOwn(der) : RevocationList.ReadKnown(der, authorities);
        var given = GivenLists is null ? [] : ListsIn(GivenLists, ReadOwn);
        var configured = RevocationLists.Select(path => (Path: path, Lists: ListsIn(path, ReadConfigured))).ToList();
        var trust = new FleetTrust(authorities, [.. given.Concat(configured.SelectMany(file => file.Lists)).OfType<RevocationList>()], ReadSerials());
        var certificates = Read(Certificate, CertificatesIn);
        using var bare = certificates[0];
        X509Certificate2Collection rest = [.. certificates.Skip(1)];
        return new NodeCredentials(Read(Key, text => WithKey(bare, text)), rest, trust)
        {
            Files = this,
            LeftAside = [.. configured.Where(file => file.Lists.Contains(null)).Select(file => file.Path)],
        };
    }

    /// <summary>Serial numbers as they are compared: hexadecimal without leading zeros or colons.</summary>
    public static string NormalizeSerial(string serial) => serial.Replace(":", "", StringComparison.Ordinal).TrimStart('0').ToUpperInvariant();

    private static X509Certificate2 WithKey(X509Certificate2 certificate, string pem)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Certificate2Collection CertificatesIn(string pem)
    {
        var found = new X509Certificate2Collection();
        found.ImportFromPem(pem);
        return found.Count > 0 ? found : throw new CryptographicException("There is no certificate in it.");
    }

    private static List<RevocationList?> ListsIn(string path, Func<byte[], RevocationList?> read)
    {
        var bytes = File.Exists(path) ? ReadBytes(path) : [];
        if (!bytes.AsSpan().StartsWith("-----BEGIN"u8))
        {
            return bytes.Length == 0 ? [] : [Named(path, () => read(bytes))];
        }

        var lists = new List<RevocationList?>();
        var text = System.Text.Encoding.UTF8.GetString(bytes).AsSpan();
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (text[fields.Label].SequenceEqual(ListLabel))
            {
                var der = Convert.FromBase64String(text[fields.Base64Data].ToString());
                lists.Add(Named(path, () => read(der)));
            }

            text = text[fields.Location.End..];
        }

        return lists;
    }

    private string[] ReadSerials() => DeniedSerials is null || !File.Exists(DeniedSerials) ? [] : Read(DeniedSerials, text => text
        .Split('\n')
        .Select(line => line.Split('#')[0].Trim())
        .Where(line => line.Length > 0)
        .Select(line => line.All(c => char.IsAsciiHexDigit(c) || c == ':') ? NormalizeSerial(line) : throw new CryptographicException($"'{line}' is not a serial number in hexadecimal."))
        .ToArray());

    private static T Read<T>(string path, Func<string, T> parse) => Named(path, () => parse(System.Text.Encoding.UTF8.GetString(ReadBytes(path))));

    private static T Named<T>(string path, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException or FormatException)
        {
            throw new CryptographicException($"{path}: {wrong.Message}", wrong);
        }
    }

    private static byte[] ReadBytes(string path) => new FileInfo(path).Length <= MostBytes
        ? File.ReadAllBytes(path)
        : throw new CryptographicException($"{path} is larger than {MostBytes >> 20} MiB. Is it the right file?");
}
