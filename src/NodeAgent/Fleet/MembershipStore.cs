using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NodeAgent.Bindings.Linux;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>
/// The membership on disk: STATE/fleet/fleet.json names a folder beside it with certificate, key and trust. A change makes
/// a new folder first; the rename of fleet.json is the moment it counts, so that a kill leaves the old or the new whole.
/// </summary>
internal sealed class MembershipStore
{
    private const string FleetFile = "fleet.json", PendingFile = "pending.json";
    private const string CertificateFile = "node.pem", KeyFile = "node.key", AuthoritiesFile = "authorities.pem", RevokedFile = "revoked.pem";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private FleetMembership? _current;
    private PendingEnrolment? _pending;

    /// <param name="stateDirectory">The agent's state directory.</param>
    /// <exception cref="IOException">A file is there and can't be read.</exception>
    public MembershipStore(string stateDirectory)
    {
        _directory = Path.Combine(stateDirectory, "fleet");
        _current = Read(FleetFile, FleetJson.Default.FleetMembership);
        _pending = Read(PendingFile, FleetJson.Default.PendingEnrolment);
    }

    /// <summary>The membership; <c>null</c> when the node is in no fleet.</summary>
    public FleetMembership? Current => Volatile.Read(ref _current);

    /// <summary>An enrolment that is not decided; <c>null</c> when there is none.</summary>
    public PendingEnrolment? Pending => Volatile.Read(ref _pending);

    /// <summary>Where certificate, key and trust lie.</summary>
    public CredentialFiles? Files => Current is { } current ? FilesIn(Path.Combine(_directory, current.Folder)) : null;

    /// <summary>Keeps an enrolment that was begun.</summary>
    public void Begin(PendingEnrolment pending)
    {
        lock (_gate)
        {
            MakeDirectory(_directory);
            Write(Path.Combine(_directory, PendingFile), JsonSerializer.Serialize(pending, FleetJson.Default.PendingEnrolment));
            DirectorySync.Run(_directory);
            Volatile.Write(ref _pending, pending);
        }
    }

    /// <summary>Gives up an enrolment that was begun.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            File.Delete(Path.Combine(_directory, PendingFile));
            Volatile.Write(ref _pending, null);
        }
    }

    /// <summary>Keeps a certificate that was issued, with all that came along.</summary>
    /// <exception cref="CryptographicException">What was issued is not for this key, or not of the kind a node needs; nothing was kept.</exception>
    public void Install(Issued issued, ECDsa key)
    {
        var chain = string.Join('\n', issued.CertificateChain.Select(der => PemEncoding.WriteString("CERTIFICATE", der.Span)));
        lock (_gate)
        {
            Put(issued.FleetId, issued.Endpoints.Count > 0 ? [.. issued.Endpoints] : [.. Current?.Endpoints ?? []], issued.Trust, chain, key.ExportPkcs8PrivateKeyPem());
            GiveUp();
        }
    }

    /// <summary>Keeps what the fleet trusts from now on.</summary>
    public void Keep(TrustBundle trust)
    {
        lock (_gate)
        {
            if (Current is { } current && Files is { } files && trust.Version >= current.TrustVersion)
            {
                Put(current.FleetId, [.. current.Endpoints], trust, File.ReadAllText(files.Certificate), File.ReadAllText(files.Key));
            }
        }
    }

    /// <summary>Keeps where sessions are opened from now on.</summary>
    public void Keep(IReadOnlyCollection<string> endpoints)
    {
        lock (_gate)
        {
            if (endpoints.Count > 0 && Current is { } current)
            {
                Commit(current with { Endpoints = [.. endpoints] });
            }
        }
    }

    /// <summary>Forgets the fleet, its certificate and the key.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            File.Delete(Path.Combine(_directory, FleetFile));
            File.Delete(Path.Combine(_directory, PendingFile));
            Volatile.Write(ref _current, null);
            Volatile.Write(ref _pending, null);
            Sweep("");
        }
    }

    private static CredentialFiles FilesIn(string folder) =>
        new(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile), Path.Combine(folder, AuthoritiesFile))
        {
            RevocationLists = [Path.Combine(folder, RevokedFile)],
        };

    private void Put(string fleetId, string[] endpoints, TrustBundle trust, string chain, string key)
    {
        MakeDirectory(_directory);
        var last = Current is { } current && int.TryParse(current.Folder, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var name = (last + 1).ToString(CultureInfo.InvariantCulture);
        var folder = Path.Combine(_directory, name);
        if (Directory.Exists(folder))
        {
            // Of an agent that was killed before this counted.
            Directory.Delete(folder, recursive: true);
        }

        MakeDirectory(folder);
        var files = FilesIn(folder);
        Write(files.Certificate, chain + "\n");
        Write(files.Key, key + "\n");
        Write(files.Authorities, string.Join('\n', trust.CaCertificates.Select(der => PemEncoding.WriteString("CERTIFICATE", der.Span))) + "\n");
        Write(files.RevocationLists[0], string.Join('\n', trust.RevocationLists.Select(der => PemEncoding.WriteString("X509 CRL", der.Span))));
        // What can't be used must not replace what can.
        var read = files.Load();
        if (read.Fleet != fleetId)
        {
            throw new CryptographicException($"The certificate is for the fleet '{read.Fleet}' and not for '{fleetId}'.");
        }

        DirectorySync.Run(folder);
        Commit(new FleetMembership { FleetId = fleetId, Endpoints = [.. endpoints], TrustVersion = trust.Version, Folder = name });
        Sweep(name);
    }

    private void Commit(FleetMembership membership)
    {
        var path = Path.Combine(_directory, FleetFile);
        Write(path + ".new", JsonSerializer.Serialize(membership, FleetJson.Default.FleetMembership));
        File.Move(path + ".new", path, overwrite: true);
        DirectorySync.Run(_directory);
        Volatile.Write(ref _current, membership);
    }

    private void Sweep(string but)
    {
        foreach (var folder in Directory.Exists(_directory) ? Directory.GetDirectories(_directory) : [])
        {
            if (Path.GetFileName(folder) != but)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private T? Read<T>(string name, JsonTypeInfo<T> type)
        where T : class
    {
        var path = Path.Combine(_directory, name);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), type) : null;
        }
        catch (JsonException broken)
        {
            throw new IOException($"{path} is damaged: {broken.Message} Move it away and let the node join its fleet again.", broken);
        }
    }

    private static void MakeDirectory(string path) => Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);

    private static void Write(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }
}
