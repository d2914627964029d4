using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Security;

namespace NodeAgent.Tls;

/// <summary>Whom a fleet trusts: its authorities, less what they have taken back. Immutable; swapped whole.</summary>
internal sealed class FleetTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    // A chain of the fleet is two or three long.
    private static readonly TimeSpan NoDownloads = TimeSpan.FromSeconds(1);

    private readonly X509Certificate2Collection _authorities;
    private readonly ImmutableArray<RevocationList> _revoked;
    private readonly FrozenSet<string> _denied;

    /// <param name="authorities">Self-signed certificates.</param>
    /// <param name="revoked">What they have taken back.</param>
    /// <param name="deniedSerials">Serial numbers that are refused besides, in hexadecimal.</param>
    public FleetTrust(IEnumerable<X509Certificate2> authorities, ImmutableArray<RevocationList> revoked, IEnumerable<string> deniedSerials)
    {
        _authorities = [.. authorities];
        _revoked = revoked;
        _denied = deniedSerials.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The authorities.</summary>
    public X509Certificate2Collection Authorities => _authorities;

    /// <summary>Judges the one who dials us.</summary>
    public PeerVerdict OfClient(X509Certificate2 certificate, X509Certificate2Collection? sent, string fleet, DateTimeOffset now) =>
        Judge(certificate, sent, fleet, now, [ClientAuthentication]);

    /// <summary>Judges the one whom we dial.</summary>
    public PeerVerdict OfServer(X509Certificate2 certificate, X509Certificate2Collection? sent, string fleet, DateTimeOffset now) =>
        Judge(certificate, sent, fleet, now, [ServerAuthentication]);

    /// <summary>Judges a manager whom we dial: a server, and a manager by its certificate, whatever its address.</summary>
    public PeerVerdict OfManager(X509Certificate2 certificate, X509Certificate2Collection? sent, string fleet, DateTimeOffset now)
    {
        var verdict = OfServer(certificate, sent, fleet, now);
        return !verdict.IsAccepted || verdict.Names.Any(name => name.Role == HolderName.ManagerRole)
            ? verdict
            : PeerVerdict.Refuse($"its certificate is not a manager's ({string.Join(", ", verdict.Names)})");
    }

    /// <summary>Judges what this node is to show when it dials and when it is dialled. This host's clock may be wrong, and does not count.</summary>
    public PeerVerdict OfOwn(X509Certificate2 certificate, X509Certificate2Collection chain, string fleet) =>
        Judge(certificate, chain, fleet, now: null, [ServerAuthentication, ClientAuthentication]);

    /// <summary>
    /// For the chain that the runtime builds in a handshake before we judge: it trusts nobody, and fetches nothing that a
    /// stranger's certificate names. One for each connection.
    /// </summary>
    public static X509ChainPolicy HandshakePolicy() => new()
    {
        DisableCertificateDownloads = true,
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
    };

    private PeerVerdict Judge(X509Certificate2 certificate, X509Certificate2Collection? sent, string fleet, DateTimeOffset? now, string[] usages)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.UrlRetrievalTimeout = NoDownloads;
        if (now is { } time)
        {
            chain.ChainPolicy.VerificationTime = time.UtcDateTime;
            chain.ChainPolicy.VerificationTimeIgnored = false;
        }
        else
        {
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        }

        foreach (var usage in usages)
        {
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(usage));
        }

        if (sent is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent);
        }

        try
        {
            if (!chain.Build(certificate))
            {
                return PeerVerdict.Refuse(Explain(chain, certificate, now));
            }

            // The root is one of ours and cannot be on a list of its own.
            foreach (var link in chain.ChainElements.Select(element => element.Certificate).Take(chain.ChainElements.Count - 1))
            {
                if (_denied.Contains(CredentialFiles.NormalizeSerial(link.SerialNumber)) || _revoked.Any(list => list.Names(link)))
                {
                    return PeerVerdict.Refuse($"its certificate (serial {link.SerialNumber}) was revoked");
                }
            }
        }
        finally
        {
            foreach (var element in chain.ChainElements)
            {
                element.Certificate.Dispose();
            }
        }

        var names = HolderName.Of(certificate).Where(name => name.Fleet == fleet).ToImmutableArray();
        return names.IsEmpty
            ? PeerVerdict.Refuse($"its certificate names no role in the fleet '{fleet}' (a URI nodeagent://{fleet}/ROLE/NAME in the subject alternative name)")
            : PeerVerdict.Accept(names);
    }

    private static string Explain(X509Chain chain, X509Certificate2 certificate, DateTimeOffset? now)
    {
        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        return flags switch
        {
            _ when now is { } time && flags.HasFlag(X509ChainStatusFlags.NotTimeValid) => ExplainTime(certificate, time.UtcDateTime),
            _ when flags.HasFlag(X509ChainStatusFlags.NotValidForUsage) => "its certificate is not for this use (extended key usage)",
            _ when (flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) != 0 => "no authority of the fleet has issued its certificate",
            _ => $"its certificate is not valid ({flags})",
        };
    }

    private static string ExplainTime(X509Certificate2 certificate, DateTime now)
    {
        var (begin, end) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now > end ? $"its certificate ended at {end:yyyy-MM-dd HH:mm:ss}Z, and this host's clock says {now:yyyy-MM-dd HH:mm:ss}Z"
            : now < begin ? $"its certificate begins at {begin:yyyy-MM-dd HH:mm:ss}Z, and this host's clock says {now:yyyy-MM-dd HH:mm:ss}Z"
            : "an authority's certificate has ended or not begun";
    }
}
