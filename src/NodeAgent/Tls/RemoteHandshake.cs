using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using NodeAgent.Audit;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Security;

namespace NodeAgent.Tls;

/// <summary>
/// TLS 1.3 with certificates on both sides. Who has none of the fleet ends in the handshake, before any of HTTP is read;
/// who has one is a <see cref="Caller"/> from then on.
/// </summary>
internal sealed class RemoteHandshake(CredentialStore credentials, AuditTrail audit, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>For a listener.</summary>
    /// <param name="protocol">What is spoken inside.</param>
    public TlsHandshakeCallbackOptions Options(SslApplicationProtocol protocol) => new()
    {
        HandshakeTimeout = Patience,
        OnConnection = context => ValueTask.FromResult(Begin(context, protocol)),
    };

    private SslServerAuthenticationOptions Begin(TlsHandshakeCallbackContext context, SslApplicationProtocol protocol)
    {
        var now = credentials.Current;
        if (now is null)
        {
            Refuse(context.Connection, "", "this node has no certificate. Let it join a fleet (nodectl node join), or set [remote] certificate, key and authorities.");
            throw new AuthenticationException("The node has no certificate.");
        }

        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = now.Context,
            EnabledSslProtocols = SslProtocols.Tls13,
            EncryptionPolicy = EncryptionPolicy.RequireEncryption,
            ClientCertificateRequired = true,
            CertificateChainPolicy = FleetTrust.HandshakePolicy(),
            ApplicationProtocols = [protocol],
            // Somebody whose certificate was revoked must not come back by an older session.
            AllowTlsResume = false,
            AllowRenegotiation = false,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => Judge(context.Connection, now, certificate, chain),
        };
    }

    private bool Judge(ConnectionContext connection, NodeCredentials now, X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is not X509Certificate2 shown)
        {
            Refuse(connection, "", "it shows no certificate");
            return false;
        }

        var verdict = now.Trust.OfClient(shown, chain?.ChainPolicy.ExtraStore, now.Fleet, time.GetUtcNow());
        if (!verdict.IsAccepted)
        {
            Refuse(connection, shown.Subject, verdict.Problem);
            return false;
        }

        connection.Features.Set(Caller.Of(verdict.Names, From(connection)));
        connection.Features.Set(PeerCertificate.Of(shown, chain, now));
        return true;
    }

    private static string From(ConnectionContext connection) => connection.RemoteEndPoint?.ToString() ?? "";

    // The subject is what somebody says of himself, and no more.
    private void Refuse(ConnectionContext connection, string subject, string problem)
    {
        audit.Refused(new AuditDraft(time.GetUtcNow(), AuditKind.Refusal)
        {
            Source = From(connection),
            Method = "handshake",
            Subject = subject,
            Result = "UNAUTHENTICATED",
            Detail = $"A connection was refused: {problem}",
        });
        connection.Features.Get<Handshake>()?.Refused();
    }
}
