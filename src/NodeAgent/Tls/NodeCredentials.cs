using System.Collections.Immutable;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Security;

namespace NodeAgent.Tls;

/// <summary>What this node shows to others, and whom it trusts. Immutable; swapped whole, so that a handshake never sees half of a change.</summary>
internal sealed class NodeCredentials
{
    /// <param name="certificate">The node's certificate with its key.</param>
    /// <param name="chain">What leads from it to an authority, without the authority.</param>
    /// <param name="trust">Whom it trusts.</param>
    /// <exception cref="CryptographicException">The certificate is not of a kind that a node can have; the message says what is missing.</exception>
    public NodeCredentials(X509Certificate2 certificate, X509Certificate2Collection chain, FleetTrust trust)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var name = HolderName.Of(certificate).FirstOrDefault(name => name.Role == HolderName.NodeRole)
            ?? throw new CryptographicException("The certificate does not say that its holder is a node: it has no URI nodeagent://FLEET/node/ID in its subject alternative name.");
        Certificate = certificate;
        Chain = chain;
        Trust = trust;
        Fleet = name.Fleet;
        NodeName = name.Name;
        Context = SslStreamCertificateContext.Create(certificate, chain, offline: true);
    }

    /// <summary>The node's certificate with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What leads from it to an authority.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>Whom the node trusts.</summary>
    public FleetTrust Trust { get; }

    /// <summary>The fleet's id.</summary>
    public string Fleet { get; }

    /// <summary>The node's id, as the certificate has it.</summary>
    public string NodeName { get; }

    /// <summary>Where all of it was read.</summary>
    public required CredentialFiles Files { get; init; }

    /// <summary>Files that hold a revocation list of somebody who is no authority of the fleet, and so counts for nothing.</summary>
    public ImmutableArray<string> LeftAside { get; init; } = [];

    /// <summary>For handshakes.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>The end of the certificate.</summary>
    public DateTimeOffset NotAfter => Certificate.NotAfter.ToUniversalTime();

    /// <summary>The begin of the certificate.</summary>
    public DateTimeOffset NotBefore => Certificate.NotBefore.ToUniversalTime();
}
