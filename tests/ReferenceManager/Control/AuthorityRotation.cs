using Grpc.Core;
using Microsoft.Extensions.Logging;
using ReferenceManager.Authority;
using ReferenceManager.Sessions;
using ReferenceManager.Storage;

namespace ReferenceManager.Control;

/// <summary>
/// Replaces the fleet's certificate authority without a moment in which two parts of it do not trust each other.
/// <code>
///   none ──begin──▶ spreading ──all nodes trust both──▶ renewing ──all have new certificates──▶ ready ──finish──▶ none
/// </code>
/// While it is spreading, the old authority issues. The step to renewing is taken here, without anybody asking: from then
/// on the new one issues, this manager shows a certificate of it, and the nodes are told to renew theirs.
/// </summary>
internal sealed partial class AuthorityRotation(Database database, FleetTrust trust, NodeBook nodes, OwnCertificate own, ILogger<AuthorityRotation> logger)
{
    /// <summary>Where it stands: the phase, and the nodes that are waited for.</summary>
    public (string Phase, IReadOnlyList<string> WaitingFor) Status()
    {
        var current = trust.Current;
        if (current.Authorities.Length == 1)
        {
            return ("none", []);
        }

        var newest = database.Read(CertificateBook.NewestOfNodes).Values.Where(certificate => !certificate.IsRevoked).ToArray();
        if (current.Active != current.Newest)
        {
            var since = current.Since[current.Newest.Number];
            return ("spreading", [.. newest.Select(certificate => certificate.Name).Where(id => (nodes.Find(id)?.TrustVersion ?? 0) < since)]);
        }

        var behind = newest.Where(certificate => certificate.Authority != current.Active.Number).Select(certificate => certificate.Name).ToArray();
        return (behind.Length > 0 ? "renewing" : "ready", behind);
    }

    /// <summary>Makes the new authority and has everybody trust both.</summary>
    public async Task BeginAsync()
    {
        if (trust.Current.Authorities.Length > 1)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "a rotation is under way: finish it first"));
        }

        await trust.AddAuthorityAsync();
        nodes.RingTrust();
    }

    /// <summary>Has everybody trust the new authority only.</summary>
    /// <param name="isForced">Leave behind the nodes that are waited for; they have to enrol anew.</param>
    public async Task FinishAsync(bool isForced)
    {
        var (phase, waitingFor) = Status();
        if (phase == "none" || (phase != "ready" && !isForced))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, phase == "none"
                ? "no rotation is under way"
                : $"the rotation is {phase}, and waits for {string.Join(", ", waitingFor)}: revoke those that will not come back, or use force to leave them behind"));
        }

        if (phase == "spreading")
        {
            await SwitchAsync();
        }

        await trust.RetireOthersAsync();
    }

    /// <summary>Takes the step to renewing when it is due, as long as the manager runs.</summary>
    public async Task WatchAsync(CancellationToken stop)
    {
        while (true)
        {
            var told = nodes.TrustTold;
            if (Status() is ("spreading", []))
            {
                await SwitchAsync();
            }

            await told.WaitAsync(stop);
        }
    }

    private async Task SwitchAsync()
    {
        await trust.ActivateNewestAsync();
        await own.RenewAsync();
        LogSwitched(logger, trust.Current.Active.Number);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Every node trusts authority {Number}: it issues from now on")]
    private static partial void LogSwitched(ILogger logger, int number);
}
