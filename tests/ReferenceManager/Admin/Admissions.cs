using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ReferenceManager.Admin.V1;
using ReferenceManager.Authority;
using ReferenceManager.Enrolment;
using ReferenceManager.Storage;

namespace ReferenceManager.Admin;

/// <summary>Letting nodes in: tokens, and a person's decision.</summary>
internal sealed class Admissions(Database database, FleetTrust trust, Enroller enroller, JoinTokens tokens, IReadOnlyList<string> endpoints)
{
    private const int ShortestFingerprint = 16;
    private static readonly TimeSpan s_usualTtl = TimeSpan.FromHours(1);

    public async Task<CreateTokenResponse> CreateTokenAsync(CreateTokenRequest request)
    {
        var (text, end) = await tokens.CreateAsync(endpoints, request.Ttl?.ToTimeSpan() ?? s_usualTtl, request.ByHand);
        return new CreateTokenResponse { Text = text, ExpireTime = Timestamp.FromDateTimeOffset(end) };
    }

    public ListPendingResponse ListPending() => new() { Enrolments = { enroller.ListPending().Select(Write) } };

    /// <exception cref="RpcException">None or several are meant.</exception>
    public async Task<PendingEnrolment> DecideAsync(DecideEnrolmentRequest request)
    {
        var meant = enroller.ListPending().Where(row => IsMeant(row, request.Id)).ToArray();
        return meant.Length switch
        {
            1 => Write(request.Approve ? await ApproveAsync(meant[0]) : await enroller.DecideAsync(meant[0], isApproved: false)),
            0 => throw new RpcException(new Status(StatusCode.NotFound, $"no enrolment with node id or fingerprint '{request.Id}' is pending; of a fingerprint {ShortestFingerprint} digits are needed")),
            // Two hosts claim to be the same node: only the fingerprint tells which one stands before the operator.
            _ => throw new RpcException(new Status(StatusCode.FailedPrecondition, $"{meant.Length} pending enrolments have the node id '{request.Id}': say the fingerprint of the right one")),
        };
    }

    // One host is the node: where another had this id, or this one had another key, that key is taken back.
    private async Task<EnrolmentRow> ApproveAsync(EnrolmentRow row)
    {
        var before = database.Read(connection => CertificateBook.Of(connection, FleetRole.Node, row.Node.NodeId))
            .Where(certificate => !certificate.IsRevoked && certificate.Key != row.Key)
            .Select(certificate => certificate.Serial)
            .ToArray();
        if (before.Length > 0)
        {
            await trust.RevokeAsync(before);
        }

        return await enroller.DecideAsync(row, isApproved: true);
    }

    private static bool IsMeant(EnrolmentRow row, string id) =>
        row.Node.NodeId == id || (id.Length >= ShortestFingerprint && row.Key.StartsWith(id, StringComparison.OrdinalIgnoreCase));

    private static PendingEnrolment Write(EnrolmentRow row) => new()
    {
        KeyFingerprint = row.Key,
        NodeId = row.Node.NodeId,
        Hostname = row.Node.Hostname,
        AskTime = Timestamp.FromDateTimeOffset(row.Asked),
        Why = row.Why,
        State = row.State,
    };
}
