using System.Security.Cryptography;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Manager.V1;

namespace NodeAgent.Fleet;

/// <summary>
/// Joins a fleet. The key and the token are kept before the manager is asked, so that an agent which is killed while the
/// manager decides asks again with the same key and gets the same answer.
/// </summary>
internal sealed partial class Enrolment(Membership membership, NodePortrait portrait, TimeProvider time, ILogger<Enrolment> log)
{
    private static readonly TimeSpan DecisionPatience = TimeSpan.FromSeconds(90), Pause = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Bell _changed = new();
    private readonly EnrolmentCall _call = new(portrait, time);
    private string _problem = "";

    /// <summary>Why the enrolment that is under way does not get on, or how the last one ended; empty when it waits for nothing but the decision.</summary>
    public string Problem => Volatile.Read(ref _problem);

    /// <summary>
    /// Joins, or begins to: afterwards the node is a member, or has an enrolment that waits for a person. A member of the
    /// token's fleet trusts by the token anew, and renews its certificate with the key that it has: so comes back a host
    /// that slept through the replacement of the authority.
    /// </summary>
    /// <exception cref="FleetException">It was refused, nobody answered, or the token is no good; the node is as it was.</exception>
    public async Task JoinAsync(string tokenText, RequestContext request, CancellationToken cancellationToken)
    {
        var token = JoinTokenText.Parse(tokenText, time.GetUtcNow());
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (membership.Store.Current is { } member)
            {
                await TrustAnewAsync(token, member, request, cancellationToken);
            }
            else
            {
                await BeginAsync(token, tokenText.Trim(), request, cancellationToken);
            }
        }
        finally
        {
            _one.Release();
            _changed.Ring();
        }
    }

    /// <summary>Leaves the fleet, or gives up joining.</summary>
    /// <exception cref="FleetException">It is in none and asks none.</exception>
    public async Task LeaveAsync(RequestContext request, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (membership.Store is { Current: null, Pending: null })
            {
                throw new FleetException(FleetReason.NotInFleet, "The node is in no fleet.");
            }

            membership.Leave(request);
            Volatile.Write(ref _problem, "");
        }
        finally
        {
            _one.Release();
            _changed.Ring();
        }
    }

    /// <summary>Goes on asking for what is not decided, until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = _changed.Next;
            if (membership.Store.Pending is not { } pending)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            // Leaving, and asking by another token, must be possible at any time; what was asked before is of no use then.
            using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var answer = AskOnAsync(pending, asking.Token);
            if (await Task.WhenAny(answer, changed) != answer)
            {
                await asking.CancelAsync();
            }

            await answer;
            await Task.WhenAny(changed, Task.Delay(Pause, time, asking.Token));
            await asking.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task BeginAsync(JoinToken token, string tokenText, RequestContext request, CancellationToken cancellationToken)
    {
        if (membership.Credentials.Current is not null)
        {
            throw new FleetException(FleetReason.CredentialsConfigured, "The configuration names the node's certificate ([remote] certificate); take that out, and reload, to let a manager issue it.");
        }

        if (membership.Store.Pending is { } other && other.Token != tokenText)
        {
            throw new FleetException(FleetReason.AlreadyInFleet, "The node has asked to be let in by another token, and waits. Give that up first (nodectl node leave).");
        }

        using var key = NodeKey.Make();
        var begun = membership.Store.Pending;
        var isRepeat = begun is not null;
        if (begun is not null)
        {
            key.ImportFromPem(begun.Key);
        }
        else
        {
            begun = new PendingEnrolment { Token = tokenText, Key = key.ExportPkcs8PrivateKeyPem() };
            membership.Begin(begun);
        }

        Volatile.Write(ref _problem, "");
        try
        {
            if (await _call.AskAsync(token, key, TimeSpan.Zero, cancellationToken) is { } issued)
            {
                TakeIn(issued, token, key, begun, request);
            }
            else
            {
                membership.Waits(token, NodeKey.FingerprintOf(key), request);
            }
        }
        catch (FleetException failed)
        {
            // An earlier attempt may have spent the token on the key that it made, whatever became of this one.
            if (failed.MayHaveCounted || (isRepeat && !failed.IsFinal))
            {
                throw new FleetException(failed.Reason, $"{failed.Message} The manager may have taken the token, and the node goes on asking by itself; nodectl node leave gives that up.", failed) { MayHaveCounted = true };
            }

            membership.Store.GiveUp();
            throw;
        }
    }

    private async Task TrustAnewAsync(JoinToken token, FleetMembership member, RequestContext request, CancellationToken cancellationToken)
    {
        if (member.FleetId != token.FleetId)
        {
            throw new FleetException(FleetReason.AlreadyInFleet, $"The node is in the fleet '{member.FleetId}', and the token is of '{token.FleetId}'. Let it leave first (nodectl node leave).");
        }

        if (membership.Credentials.Current is not { } present || present.Fleet != member.FleetId)
        {
            throw new FleetException(FleetReason.AlreadyInFleet, $"The node is in the fleet '{member.FleetId}', but its key is not in force ({membership.Credentials.Problem}). Mend that, or let it leave (nodectl node leave) and join anew.");
        }

        using var key = NodeKey.Make();
        var issued = await _call.RenewAsync(token, present, key, cancellationToken);
        try
        {
            membership.Renew(issued, key, member.FleetId, request);
        }
        catch (CryptographicException wrong)
        {
            throw new FleetException(FleetReason.ManagerUntrusted, $"What the manager issued is of no use: {wrong.Message} The node keeps what it has.", wrong);
        }
    }

    private async Task AskOnAsync(PendingEnrolment pending, CancellationToken cancellationToken)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pending.Key);
            // The token's end is for its first use.
            var token = JoinTokenText.Parse(pending.Token, DateTimeOffset.MinValue);
            try
            {
                if (await _call.AskAsync(token, key, DecisionPatience, cancellationToken) is { } issued)
                {
                    TakeIn(issued, token, key, pending, RequestContext.Agent);
                }

                Volatile.Write(ref _problem, "");
            }
            catch (FleetException refused) when (refused.IsFinal && membership.Store.Pending == pending)
            {
                Volatile.Write(ref _problem, refused.Message);
                LogFailed(refused.Message);
                membership.Refused(token, refused.Message, RequestContext.Agent);
            }
        }
        catch (Exception unwanted) when (cancellationToken.IsCancellationRequested && unwanted is FleetException or OperationCanceledException)
        {
            // Left, or asked anew, meanwhile.
        }
        catch (Exception failed) when (failed is FleetException or CryptographicException or IOException)
        {
            Volatile.Write(ref _problem, failed.Message);
            LogFailed(failed.Message);
        }
    }

    private void TakeIn(Issued issued, JoinToken token, ECDsa key, PendingEnrolment begun, RequestContext request)
    {
        try
        {
            if (membership.Join(issued, key, begun, token, request))
            {
                LogJoined(issued.FleetId);
            }
        }
        catch (CryptographicException wrong)
        {
            // The token is spent on this key, so that the key must be kept; the manager can mend it, and is asked again.
            throw new FleetException(
                FleetReason.ManagerUntrusted,
                $"What the manager issued is of no use: {wrong.Message}", wrong)
            {
                MayHaveCounted = true,
            };
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The node has joined the fleet {Fleet}")]
    private partial void LogJoined(string fleet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node has not been let into its fleet yet: {Problem}")]
    private partial void LogFailed(string problem);
}
