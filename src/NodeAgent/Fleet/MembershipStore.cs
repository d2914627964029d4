using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NodeAgent.Bindings.Linux;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>
/// The membership on disk: STATE/fleet/fleet.json names a folder beside it with certificate, key and trust. A change makes
/// a new folder first; the rename of fleet.json is the moment it counts, so that a kill leaves the old or the new whole.
/// A file that cannot be used all the same keeps no agent from its guests, see <see cref="FleetDirectory"/>.
/// </summary>
internal sealed class MembershipStore
{
    private const string FleetFile = "fleet.json", PendingFile = "pending.json", RequestFile = "request.json";
    private const string JoinAgain = "Let the node join its fleet again (nodectl node join).";
    private const string CertificateFile = "node.pem", KeyFile = "node.key", AuthoritiesFile = "authorities.pem", RevokedFile = "revoked.pem";

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly FleetDirectory _directory;
    private FleetMembership? _current;
    private PendingEnrolment? _pending;

    /// <param name="directory">Where it lies.</param>
    /// <param name="time">The clock.</param>
    public MembershipStore(FleetDirectory directory, TimeProvider time)
    {
        _time = time;
        _directory = directory;
        _current = directory.Read(FleetFile, FleetJson.Default.FleetMembership, JoinAgain);
        _pending = directory.Read(PendingFile, FleetJson.Default.PendingEnrolment, JoinAgain);
        var begun = directory.Read(RequestFile, FleetJson.Default.BegunRequest, "A request about the membership that is repeated is carried out once more.");
        Damage = directory.Damage;
        // Looked at before anything else changes the membership: a renewal does, and nobody asked for it.
        Begun = Damage.Length == 0 && begun?.Before != Mark ? begun : null;
        directory.ClearLeft(keep: _current?.Folder, Begun is null ? RequestFile : null);
    }

    /// <summary>What was damaged when the agent started; empty when nothing was, or the node has asked anew to be let in.</summary>
    public string Damage { get; private set; } = "";

    /// <summary>The membership; <c>null</c> when the node is in no fleet.</summary>
    public FleetMembership? Current => Volatile.Read(ref _current);

    /// <summary>An enrolment that is not decided; <c>null</c> when there is none.</summary>
    public PendingEnrolment? Pending => Volatile.Read(ref _pending);

    /// <summary>Tells one state of the membership from the next: it is another one after each request that changed it.</summary>
    public string Mark => Current?.Folder ?? (Pending is null ? "none" : "pending");

    /// <summary>A request that is under way, or was when the agent ended; <c>null</c> when there is none.</summary>
    public BegunRequest? Begun { get; private set; }

    /// <summary>Where certificate, key and trust lie.</summary>
    public CredentialFiles? Files => Current is { } current ? FilesIn(_directory.Folder(current.Folder)) with { TrustVersion = current.TrustVersion } : null;

    /// <summary>Keeps which request is under way; <c>null</c> when it is over.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Keep(BegunRequest? request)
    {
        lock (_gate)
        {
            if (request is null)
            {
                _directory.Remove(RequestFile);
            }
            else
            {
                _directory.Make();
                _directory.Replace(RequestFile, JsonSerializer.Serialize(request, FleetJson.Default.BegunRequest));
            }

            Begun = request;
        }
    }

    /// <summary>Keeps an enrolment that was begun.</summary>
    public void Begin(PendingEnrolment pending)
    {
        lock (_gate)
        {
            _directory.Make();
            _directory.Replace(PendingFile, JsonSerializer.Serialize(pending, FleetJson.Default.PendingEnrolment));
            Volatile.Write(ref _pending, pending);
            Damage = "";
        }
    }

    /// <summary>Gives up an enrolment that was begun.</summary>
    public void GiveUp()
    {
        lock (_gate)
        {
            _directory.Remove(PendingFile);
            Volatile.Write(ref _pending, null);
        }
    }

    /// <summary>Keeps the first certificate, with all that came along.</summary>
    /// <param name="issued">What the manager issued.</param>
    /// <param name="key">The key that it is for.</param>
    /// <param name="node">The node that it is for.</param>
    /// <param name="begun">The enrolment that is answered.</param>
    /// <param name="known">Where the manager is reached, if it does not say.</param>
    /// <returns>False when that enrolment was given up meanwhile; nothing was kept.</returns>
    /// <exception cref="CryptographicException">What was issued is not for this key or node, or the fleet would not accept it; nothing was kept.</exception>
    /// <exception cref="IOException">It could not be written; what there was before still counts.</exception>
    public bool Join(Issued? issued, ECDsa key, Guid node, PendingEnrolment begun, IEnumerable<string> known)
    {
        lock (_gate)
        {
            if (Pending != begun)
            {
                return false;
            }

            var given = Complete(issued);
            var trust = given.Trust is { CaCertificates.Count: > 0 } bundle ? bundle : throw new CryptographicException("It came without the fleet's authorities.");
            var endpoints = EndpointText.Good(given.Endpoints);
            Put(
                new FleetMembership { FleetId = given.FleetId, Endpoints = endpoints.IsEmpty ? EndpointText.Good(known) : endpoints, TrustVersion = trust.Version, Folder = "" },
                trust, ChainOf(given), key.ExportPkcs8PrivateKeyPem(), node);
            GiveUp();
            return true;
        }
    }

    /// <summary>Keeps the next certificate. What the manager leaves unsaid stays as it is.</summary>
    /// <param name="issued">What the manager issued.</param>
    /// <param name="key">The key that it is for.</param>
    /// <param name="node">The node that it is for.</param>
    /// <param name="fleet">The fleet that was asked.</param>
    /// <returns>False when the node has left that fleet meanwhile; nothing was kept.</returns>
    /// <exception cref="CryptographicException">What was issued is not for this key or node, of another fleet, or the fleet would not accept it; nothing was kept.</exception>
    /// <exception cref="IOException">It could not be written; what there was before still counts.</exception>
    public bool Renew(Issued? issued, ECDsa key, Guid node, string fleet)
    {
        lock (_gate)
        {
            if (Current is not { } current || current.FleetId != fleet)
            {
                return false;
            }

            var given = Complete(issued);
            if (given.FleetId != fleet)
            {
                throw new CryptographicException($"It is of the fleet '{given.FleetId}' and not of '{fleet}'.");
            }

            // Never back to an older bundle: what was taken back since would be trusted again.
            var trust = given.Trust is { CaCertificates.Count: > 0 } bundle && bundle.Version >= current.TrustVersion ? bundle : null;
            var endpoints = EndpointText.Good(given.Endpoints);
            var moved = current.Move is { } move && move.Time <= _time.GetUtcNow() ? current with { Endpoints = move.Endpoints, Move = null } : current;
            Put(
                moved with { Endpoints = endpoints.IsEmpty ? moved.Endpoints : endpoints, TrustVersion = trust?.Version ?? current.TrustVersion },
                trust, ChainOf(given), key.ExportPkcs8PrivateKeyPem(), node);
            return true;
        }
    }

    /// <summary>Keeps what the fleet trusts from now on; a bundle without authorities, or an older one, is left aside.</summary>
    /// <returns>Whether that is another than before.</returns>
    /// <exception cref="CryptographicException">It is of no use; nothing was kept.</exception>
    /// <exception cref="IOException">It could not be written; what there was before still counts.</exception>
    public bool Keep(TrustBundle trust)
    {
        lock (_gate)
        {
            if (Current is not { } current || Files is not { } files || trust.CaCertificates.Count == 0 || trust.Version < current.TrustVersion
                || (trust.Version == current.TrustVersion && File.ReadAllText(files.Authorities) == AuthoritiesOf(trust) && File.ReadAllText(files.GivenLists!) == RevokedOf(trust)))
            {
                return false;
            }

            Put(current with { TrustVersion = trust.Version }, trust, File.ReadAllText(files.Certificate), File.ReadAllText(files.Key), issuedFor: null);
            return true;
        }
    }

    /// <summary>Keeps where sessions are opened from a time on; what nobody could dial is left aside, and so is a list of nothing else.</summary>
    /// <returns>Whether that is another than before.</returns>
    /// <exception cref="IOException">It could not be written; what there was before still counts.</exception>
    public bool Keep(IReadOnlyCollection<string> endpoints, DateTimeOffset? moveTime)
    {
        lock (_gate)
        {
            if (Current is not { } current || EndpointText.Good(endpoints) is not { IsEmpty: false } good)
            {
                return false;
            }

            var isKept = moveTime is { } at
                ? current.Move is { } move && move.Time == at && move.Endpoints.SequenceEqual(good)
                : current.Move is null && current.Endpoints.SequenceEqual(good);
            if (!isKept)
            {
                Commit(moveTime is { } time ? current with { Move = new EndpointMove(good, time) } : current with { Endpoints = good, Move = null });
            }

            return !isKept;
        }
    }

    /// <summary>Forgets the fleet, its certificate and the key.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _directory.Remove(FleetFile, PendingFile);
            Volatile.Write(ref _current, null);
            Volatile.Write(ref _pending, null);
            _directory.Sweep(keep: null);
        }
    }

    private static CredentialFiles FilesIn(string folder) =>
        new(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile), Path.Combine(folder, AuthoritiesFile))
        {
            GivenLists = Path.Combine(folder, RevokedFile),
        };

    private static Issued Complete(Issued? issued) => issued is { CertificateChain.Count: > 0 }
        ? issued
        : throw new CryptographicException("There is no certificate in it.");

    private static string AuthoritiesOf(TrustBundle trust) =>
        string.Join('\n', trust.CaCertificates.Select(der => PemEncoding.WriteString("CERTIFICATE", der.Span))) + "\n";

    private static string RevokedOf(TrustBundle trust) => string.Join('\n', trust.RevocationLists.Select(der => PemEncoding.WriteString("X509 CRL", der.Span)));

    private static string ChainOf(Issued issued) => string.Join('\n', issued.CertificateChain.Select(der => PemEncoding.WriteString("CERTIFICATE", der.Span)));

    // Without a bundle, what is trusted stays as it is. A certificate that is kept already stays, also where its authority goes.
    private void Put(FleetMembership membership, TrustBundle? trust, string chain, string key, Guid? issuedFor)
    {
        var last = Current is { } current && int.TryParse(current.Folder, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        var name = (last + 1).ToString(CultureInfo.InvariantCulture);
        var files = FilesIn(_directory.MakeFolder(name));
        FleetDirectory.Write(files.Certificate, chain + "\n");
        FleetDirectory.Write(files.Key, key + "\n");
        if (trust is not null)
        {
            FleetDirectory.Write(files.Authorities, AuthoritiesOf(trust));
            FleetDirectory.Write(files.GivenLists!, RevokedOf(trust));
        }
        else if (Files is { } before)
        {
            FleetDirectory.Write(files.Authorities, File.ReadAllText(before.Authorities));
            FleetDirectory.Write(files.GivenLists!, File.ReadAllText(before.GivenLists!));
        }

        // What can't be used must not replace what can.
        var read = files.Load();
        if (read.Fleet != membership.FleetId)
        {
            throw new CryptographicException($"The certificate is for the fleet '{read.Fleet}' and not for '{membership.FleetId}'.");
        }

        if (issuedFor is { } node)
        {
            Judge(read, node.ToString("D"));
        }

        DirectorySync.Run(_directory.Folder(name));
        Commit(membership with { Folder = name });
        _directory.Sweep(keep: name);
    }

    private static void Judge(NodeCredentials issued, string node)
    {
        if (issued.NodeName != node)
        {
            throw new CryptographicException($"The certificate is for the node '{issued.NodeName}' and not for '{node}'.");
        }

        if (issued.Trust.OfOwn(issued.Certificate, issued.Chain, issued.Fleet) is { IsAccepted: false, Problem: var problem })
        {
            throw new CryptographicException($"Nobody in the fleet would let the node in by it: {problem}.");
        }
    }

    private void Commit(FleetMembership membership)
    {
        _directory.Replace(FleetFile, JsonSerializer.Serialize(membership, FleetJson.Default.FleetMembership));
        Volatile.Write(ref _current, membership);
    }
}
