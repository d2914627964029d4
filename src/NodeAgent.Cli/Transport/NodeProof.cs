using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Cli.Transport;

/// <summary>Whether who answers is a node of the user's fleet. Names of hosts play no part; the certificate says which node it is.</summary>
internal static class NodeProof
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const X509ChainStatusFlags Unknown = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;

    private const string ClockRemedy = "Renew the node's certificate, or set the clock that is wrong.";

    /// <summary>Judges a certificate.</summary>
    /// <param name="shown">What the other side has shown.</param>
    /// <param name="sent">What it has sent along.</param>
    /// <param name="mine">The user's credentials: the fleet and whom it trusts.</param>
    /// <param name="place">Where it was found, and which node it must be.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null when it is good.</returns>
    public static Unreachable? Refute(X509Certificate2 shown, X509Certificate2Collection? sent, ClientCredentials mine, AgentPlace place, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(mine.Authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(sent ?? []);
        if (!chain.Build(shown))
        {
            return Explain(chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status), shown, mine, place, now.UtcDateTime);
        }

        var nodes = HolderName.Of(shown).Where(name => name.Role == HolderName.NodeRole).ToList();
        if (nodes.Find(node => node.Fleet == mine.Holder.Fleet) is not { } node)
        {
            return Refuse(
                nodes.Count == 0
                    ? $"what answers at {place.Address} is no node: its certificate ({shown.Subject}) does not say so"
                    : $"what answers at {place.Address} is a node of the fleet '{nodes[0].Fleet}', and your certificate is of the fleet '{mine.Holder.Fleet}'",
                "Look at address and port, and whether --certificate is the one for this fleet.");
        }

        return place.Node is null || place.Node == node.Name
            ? null
            : Refuse($"the wrong node answers at {place.Address}: {node.Name}, and the context says {place.Node}", "Look at the address; if the node was set up anew, correct the context with 'nodectl context set --node'.");
    }

    private static Unreachable Explain(X509ChainStatusFlags flags, X509Certificate2 shown, ClientCredentials mine, AgentPlace place, DateTime now)
    {
        var (begin, end) = (shown.NotBefore.ToUniversalTime(), shown.NotAfter.ToUniversalTime());
        var clock = $"and this host's clock says {now:yyyy-MM-dd HH:mm:ss}Z";
        return flags switch
        {
            _ when flags.HasFlag(X509ChainStatusFlags.NotTimeValid) && now > end => Refuse($"the certificate of the node at {place.Address} ended at {end:yyyy-MM-dd HH:mm:ss}Z, {clock}", ClockRemedy),
            _ when flags.HasFlag(X509ChainStatusFlags.NotTimeValid) && now < begin => Refuse($"the certificate of the node at {place.Address} begins at {begin:yyyy-MM-dd HH:mm:ss}Z, {clock}", ClockRemedy),
            _ when flags.HasFlag(X509ChainStatusFlags.NotTimeValid) => Refuse($"an authority's certificate has ended or not begun, {clock}", "Get the fleet's present authorities for --authorities."),
            _ when (flags & Unknown) != 0 => Refuse(
                $"the certificate of {place.Address} ({shown.Subject}) was issued by no authority that you trust ({string.Join("; ", mine.Authorities.Select(one => one.Subject))})",
                "Look at the address; if it is right, get the fleet's present authorities for --authorities."),
            _ when flags.HasFlag(X509ChainStatusFlags.NotValidForUsage) => Refuse(
                $"the certificate of {place.Address} ({shown.Subject}) is not for servers (extended key usage)", "Have the fleet's authority issue one for the node (docs/security.md)."),
            _ => Refuse($"the certificate of {place.Address} ({shown.Subject}) is not valid: {flags}", "Have the fleet's authority issue another one (docs/security.md)."),
        };
    }

    private static Unreachable Refuse(string problem, string remedy) => new(Errors.ExitCode.Unreachable, problem, remedy);
}
