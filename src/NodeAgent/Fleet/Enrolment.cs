using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>
/// Joins a fleet. The key and the token are kept before the manager is asked, so that an agent which is killed while the
/// manager decides asks again with the same key and gets the same answer.
/// </summary>
internal sealed partial class Enrolment(MembershipStore store, CredentialStore credentials, NodePortrait portrait, TimeProvider time, ILogger<Enrolment> log)
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(15), DecisionPatience = TimeSpan.FromSeconds(90), Pause = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ManagerDial _dial = new(time);
    private string _problem = "";
    private TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Why the enrolment that is under way does not get on; empty when it waits for nothing but the decision.</summary>
    public string Problem => Volatile.Read(ref _problem);

    /// <summary>Joins, or begins to: afterwards the store has the membership, or an enrolment that waits for a person.</summary>
    /// <exception cref="FleetException">It was refused, nobody answered, or the token is no good; the node is as it was.</exception>
    public async Task JoinAsync(string tokenText, CancellationToken cancellationToken)
    {
        var token = JoinTokenText.Parse(tokenText, time.GetUtcNow());
        if (credentials.Current is not null && store.Current is null)
        {
            throw new FleetException(FleetReason.CredentialsConfigured, "The configuration names the node's certificate ([remote] certificate); take that out, and reload, to let a manager issue it.");
        }

        if (store.Current is { } member)
        {
            throw new FleetException(FleetReason.AlreadyInFleet, $"The node is in the fleet '{member.FleetId}'. Let it leave first (nodectl node leave).");
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            if (store.Pending is { } other && other.Token != tokenText.Trim())
            {
                throw new FleetException(FleetReason.AlreadyInFleet, "The node has asked to be let in by another token, and waits. Give that up first (nodectl node leave).");
            }

            using var key = NodeKey.Make();
            if (store.Pending is { } begun)
            {
                key.ImportFromPem(begun.Key);
            }
            else
            {
                store.Begin(new PendingEnrolment { Token = tokenText.Trim(), Key = key.ExportPkcs8PrivateKeyPem() });
            }

            try
            {
                await AskAsync(token, key, TimeSpan.Zero, cancellationToken);
            }
            catch (FleetException failed) when (!failed.MayHaveCounted)
            {
                store.GiveUp();
                throw;
            }
        }
        finally
        {
            _one.Release();
            _begun.TrySetResult();
        }
    }

    /// <summary>Leaves the fleet, or gives up joining.</summary>
    /// <exception cref="FleetException">It is in none and asks none.</exception>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (store.Current is null && store.Pending is null)
            {
                throw new FleetException(FleetReason.NotInFleet, "The node is in no fleet.");
            }

            store.Forget();
            credentials.Reload();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Goes on asking for what is not decided, until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (store.Pending is null)
            {
                await _begun.Task.WaitAsync(cancellationToken);
                _begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await AskOnAsync(cancellationToken);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task AskOnAsync(CancellationToken cancellationToken)
    {
        // Not held while the manager waits for a person: leaving must be possible at any time.
        if (store.Pending is not { } pending)
        {
            return;
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pending.Key);
            // The token's end is for its first use.
            var token = JoinTokenText.Parse(pending.Token, DateTimeOffset.MinValue);
            await AskAsync(token, key, DecisionPatience, cancellationToken);
            Volatile.Write(ref _problem, "");
        }
        catch (FleetException failed)
        {
            Volatile.Write(ref _problem, failed.Message);
            LogFailed(failed.Message);
            if (failed.Reason is FleetReason.ManagerRefused)
            {
                store.GiveUp();
            }
        }
    }

    // With patience it waits for the decision; without, a pending answer is the end of it.
    private async Task AskAsync(JoinToken token, ECDsa key, TimeSpan patience, CancellationToken cancellationToken)
    {
        FleetException? last = null;
        var sent = false;
        foreach (var endpoint in token.Endpoints)
        {
            try
            {
                var trust = await MeetAsync(endpoint, token, cancellationToken);
                using var channel = _dial.Open(endpoint, trust, token.FleetId, null, verdict => last = verdict.IsAccepted ? null : Untrusted(endpoint, verdict.Problem));
                sent = true;
                var service = new EnrolmentService.EnrolmentServiceClient(channel);
                var answer = await service.EnrolAsync(
                    new EnrolRequest
                    {
                        CertificateRequest = Google.Protobuf.ByteString.CopyFrom(NodeKey.RequestFor(key, portrait.NodeId)),
                        TokenSecret = token.Secret,
                        Node = portrait.Draw(),
                    },
                    deadline: Deadline(AnswerPatience),
                    cancellationToken: cancellationToken);
                if (answer.Pending is { } pending && patience > TimeSpan.Zero)
                {
                    answer = await service.WaitEnrolmentAsync(new WaitEnrolmentRequest { EnrolmentId = pending.EnrolmentId }, deadline: Deadline(patience), cancellationToken: cancellationToken);
                }

                if (answer.Issued is { } issued && (store.Pending is not null || patience == TimeSpan.Zero))
                {
                    store.Install(issued, key);
                    credentials.Reload();
                    LogJoined(issued.FleetId, endpoint);
                }

                return;
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.PermissionDenied or StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted)
            {
                throw new FleetException(FleetReason.ManagerRefused, $"The manager at {endpoint} refused: {refused.Status.Detail}", refused);
            }
            catch (RpcException failed)
            {
                last ??= new FleetException(FleetReason.ManagerUnreachable, $"The manager at {endpoint} does not answer: {Cause(failed)}{(sent ? " It may have taken the token; the node goes on asking by itself." : "")}", failed) { MayHaveCounted = sent };
            }
            catch (CryptographicException wrong)
            {
                throw new FleetException(FleetReason.ManagerUntrusted, $"What the manager at {endpoint} issued is of no use: {wrong.Message}", wrong);
            }
        }

        throw last!;
    }

    // The authorities are asked of whoever answers, and believed when one of them has the key that the token pins.
    private async Task<FleetTrust> MeetAsync(string endpoint, JoinToken token, CancellationToken cancellationToken)
    {
        using var channel = ManagerDial.OpenUnproven(endpoint);
        var bundle = await new EnrolmentService.EnrolmentServiceClient(channel).GetTrustBundleAsync(new GetTrustBundleRequest(), deadline: Deadline(AnswerPatience), cancellationToken: cancellationToken);
        var pinned = bundle.CaCertificates
            .Select(der => X509CertificateLoader.LoadCertificate(der.Span))
            .Where(authority => token.CaPins.Any(pin => pin.Span.SequenceEqual(SHA256.HashData(authority.PublicKey.ExportSubjectPublicKeyInfo()))))
            .ToList();
        return pinned.Count > 0
            ? new FleetTrust(pinned, [], [])
            : throw Untrusted(endpoint, "none of its authorities has the key that the join token names. Somebody stands between, or the token is of another fleet; nothing secret was sent");
    }

    private static FleetException Untrusted(string endpoint, string problem) =>
        new(FleetReason.ManagerUntrusted, $"Who answers at {endpoint} is not the fleet's manager: {problem}.");

    private static string Cause(RpcException failed)
    {
        Exception cause = failed.Status.DebugException ?? failed;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return cause is RpcException { Status.Detail: var detail } ? detail : cause.Message;
    }

    private DateTime Deadline(TimeSpan patience) => time.GetUtcNow().UtcDateTime + patience;

    [LoggerMessage(Level = LogLevel.Information, Message = "The node has joined the fleet {Fleet} (manager at {Endpoint})")]
    private partial void LogJoined(string fleet, string endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node has not been let into its fleet yet: {Problem}")]
    private partial void LogFailed(string problem);
}
