using System.Security.Cryptography;
using Grpc.Core;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>
/// Gets the next certificate when two thirds of the present one's life are over, or when the manager says so; also when it
/// has ended, because the request is proven by the old key and needs no valid certificate.
/// </summary>
internal sealed partial class Renewal(Membership membership, NodePortrait portrait, TimeProvider time, ILogger<Renewal> log)
{
    // The clock may be set while we wait, so no wait is for longer than this.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1), Shortest = TimeSpan.FromSeconds(1);

    private readonly ManagerDial _dial = new(time);
    private readonly Bell _asked = new();
    private bool _isWanted, _isOwed;

    /// <summary>Why the last attempt failed, or what came of it is not in force; empty when neither is so.</summary>
    public string Problem => membership.Unused is { Length: > 0 } unused ? unused : membership.RenewalProblem;

    /// <summary>When a certificate is to be renewed.</summary>
    public static DateTimeOffset DueTime(NodeCredentials credentials) => credentials.NotBefore + ((credentials.NotAfter - credentials.NotBefore) * 2 / 3);

    /// <summary>Asks for a renewal now.</summary>
    public void Want()
    {
        Volatile.Write(ref _isWanted, true);
        _asked.Ring();
    }

    /// <summary>Renews whenever it is due, until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await WaitAsync(cancellationToken);

            // What was wanted and failed is owed until it is done.
            _isOwed |= Interlocked.Exchange(ref _isWanted, false);
            if (membership.Unused.Length > 0)
            {
                // Another certificate would be in force as little as what there is; and what keeps it from that may be over.
                membership.Credentials.Reload();
            }
            else if (membership.Store.Current is { } member && membership.Credentials.Current is { } now && (_isOwed || time.GetUtcNow() >= DueTime(now)))
            {
                await RenewAsync(member, now, cancellationToken);
            }
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task stirred = Task.WhenAny(_asked.Next, membership.Joined.Next);
        if (!Volatile.Read(ref _isWanted))
        {
            var left = membership.Store.Current is not null && membership.Credentials.Current is { } now && Problem.Length == 0 ? DueTime(now) - time.GetUtcNow() : Longest;
            left = left > Longest ? Longest : left < Shortest ? Shortest : left;
            await stirred.WaitAsync(left, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task RenewAsync(FleetMembership member, NodeCredentials now, CancellationToken cancellationToken)
    {
        using var key = NodeKey.Make();
        var problem = "";
        foreach (var endpoint in member.EndpointsAt(time.GetUtcNow()))
        {
            var refused = "";
            try
            {
                using var channel = _dial.Open(endpoint, now.Trust, member.FleetId, null, (verdict, _) => refused = verdict.Problem);
                var issued = await NextCertificate.AskAsync(channel, portrait.NodeId, now, key, time, cancellationToken);
                // Otherwise the node has left meanwhile.
                if (membership.Renew(issued, key, member.FleetId, RequestContext.Agent) && membership.Credentials.Current is { } next)
                {
                    LogRenewed(endpoint, next.NotAfter);
                    DoubtClock(next);
                }

                _isOwed = false;
                return;
            }
            catch (FleetException) when (membership.Unused.Length > 0)
            {
                // It is kept, and its time comes; no other manager could do better.
                _isOwed = false;
                return;
            }
            catch (RpcException failed) when (!cancellationToken.IsCancellationRequested)
            {
                problem = refused.Length > 0 ? $"{endpoint}: {refused}" : $"{endpoint}: {RpcCause.Of(failed)}";
            }
            catch (Exception wrong) when (wrong is CryptographicException or FleetException or UriFormatException)
            {
                problem = $"{endpoint}: {wrong.Message}";
            }
        }

        membership.RenewalProblem = problem;
        LogFailed(problem);
    }

    // What was due long before it was issued must not be asked for again and again: with a problem the next try waits.
    private void DoubtClock(NodeCredentials fresh)
    {
        if (time.GetUtcNow() - Longest >= DueTime(fresh))
        {
            membership.RenewalProblem = $"By this host's clock the new certificate is due already: it is of {fresh.NotBefore:u} to {fresh.NotAfter:u}. Set this host's clock right, or the manager's.";
            LogFailed(membership.RenewalProblem);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The node's certificate was renewed by {Endpoint}; it is good until {NotAfter:u}")]
    private partial void LogRenewed(string endpoint, DateTimeOffset notAfter);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's certificate could not be renewed, and will be tried again: {Problem}")]
    private partial void LogFailed(string problem);
}
