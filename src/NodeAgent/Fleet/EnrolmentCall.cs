using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>
/// Asks the managers that a token names, one after the other, over connections that are proven by the token's key pins. One
/// that does not answer, or is somebody else, is passed over; nothing secret is sent to it.
/// </summary>
internal sealed class EnrolmentCall(NodePortrait portrait, TimeProvider time)
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(15);

    private readonly ManagerDial _dial = new(time);

    /// <summary>Asks for the first certificate. With patience it waits for a person's decision; without, pending is an answer.</summary>
    /// <returns>What was issued; <c>null</c> when a person decides.</returns>
    /// <exception cref="FleetException">It was refused, or nobody gave an answer.</exception>
    public Task<Issued?> AskAsync(JoinToken token, ECDsa key, TimeSpan patience, CancellationToken cancellationToken) =>
        FirstAsync(token, channel => EnrolAsync(channel, token, key, patience, cancellationToken), cancellationToken);

    /// <summary>Asks for the next certificate of a node that does not know the fleet's authorities any more.</summary>
    /// <exception cref="FleetException">It was refused, or nobody gave an answer.</exception>
    public Task<Issued?> RenewAsync(JoinToken token, NodeCredentials present, ECDsa key, CancellationToken cancellationToken) =>
        FirstAsync(token, channel => NextCertificate.AskAsync(channel, portrait.NodeId, present, key, time, cancellationToken), cancellationToken);

    private async Task<Issued?> EnrolAsync(GrpcChannel channel, JoinToken token, ECDsa key, TimeSpan patience, CancellationToken cancellationToken)
    {
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

        return answer.OutcomeCase is EnrolResponse.OutcomeOneofCase.None
            ? throw new RpcException(new Status(StatusCode.Unavailable, "its answer is empty"))
            : answer.Issued;
    }

    private async Task<Issued?> FirstAsync(JoinToken token, Func<GrpcChannel, Task<Issued?>> ask, CancellationToken cancellationToken)
    {
        FleetException? last = null;
        var sent = false;
        foreach (var endpoint in token.Endpoints)
        {
            var refused = "";
            try
            {
                var trust = await MeetAsync(endpoint, token, cancellationToken);
                using var channel = _dial.Open(endpoint, trust, token.FleetId, null, (verdict, _) => (refused, sent) = (verdict.Problem, sent || verdict.IsAccepted));
                return await ask(channel);
            }
            catch (RpcException no) when (no.StatusCode is StatusCode.PermissionDenied or StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.ResourceExhausted)
            {
                throw new FleetException(FleetReason.ManagerRefused, $"The manager at {endpoint} refused: {no.Status.Detail}", no) { IsFinal = no.StatusCode is not StatusCode.ResourceExhausted };
            }
            catch (RpcException failed)
            {
                last = refused.Length > 0 ? Untrusted(endpoint, refused, sent) : Unreachable(endpoint, failed, sent);
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }
            }
            catch (Exception wrong) when (wrong is FleetException or CryptographicException)
            {
                last = Untrusted(endpoint, wrong.Message, sent);
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
            : throw new CryptographicException("none of its authorities has the key that the join token names. Somebody stands between, or the token is of another fleet; nothing secret was sent");
    }

    private static FleetException Untrusted(string endpoint, string problem, bool sent) =>
        new(FleetReason.ManagerUntrusted, $"Who answers at {endpoint} is not the fleet's manager: {problem}.") { MayHaveCounted = sent };

    private static FleetException Unreachable(string endpoint, RpcException failed, bool sent) =>
        new(FleetReason.ManagerUnreachable, $"The manager at {endpoint} does not answer: {RpcCause.Of(failed)}", failed) { MayHaveCounted = sent };

    private DateTime Deadline(TimeSpan patience) => time.GetUtcNow().UtcDateTime + patience;
}
