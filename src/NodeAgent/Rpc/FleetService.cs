using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NodeAgent.Fleet;

namespace NodeAgent.Rpc;

/// <summary>The contract's FleetService: joins a fleet, leaves it, tells how it goes.</summary>
internal sealed class FleetService(FleetDesk fleet, TimeProvider time) : V1.FleetService.FleetServiceBase
{
    public override async Task<V1.Membership> JoinFleet(V1.JoinFleetRequest request, ServerCallContext context)
    {
        var asked = Callers.Request(context, request);
        if (request.Token.Length == 0)
        {
            throw RpcRefusal.Field("token", "It must be set: the line that the manager printed.");
        }

        await fleet.Requests.RunAsync("JoinFleet", asked, () => fleet.Enrolment.JoinAsync(request.Token, asked, context.CancellationToken), context.CancellationToken);
        return Write();
    }

    public override Task<V1.Membership> GetMembership(V1.GetMembershipRequest request, ServerCallContext context) => Task.FromResult(Write());

    public override async Task<V1.Membership> LeaveFleet(V1.LeaveFleetRequest request, ServerCallContext context)
    {
        var asked = Callers.Request(context, request);
        await fleet.Requests.RunAsync("LeaveFleet", asked, () => fleet.Enrolment.LeaveAsync(asked, context.CancellationToken), context.CancellationToken);
        return Write();
    }

    private V1.Membership Write() => fleet.Store switch
    {
        { Current: { } member } => Joined(member),
        { Pending: { } pending } => Pending(pending),
        _ => new V1.Membership { State = V1.MembershipState.None, Problem = fleet.Enrolment.Problem is { Length: > 0 } problem ? problem : fleet.Store.Damage },
    };

    private V1.Membership Joined(FleetMembership member)
    {
        var session = fleet.Board.Now;
        var written = new V1.Membership
        {
            State = V1.MembershipState.Joined,
            FleetId = member.FleetId,
            Endpoints = { member.EndpointsAt(time.GetUtcNow()) },
            Problem = fleet.Renewal.Problem,
            Session = new V1.ManagerSession
            {
                Connected = session.IsConnected,
                ManagerId = session.ManagerId,
                Endpoint = session.Endpoint,
                Since = session.Since.ToTimestamp(),
                AcknowledgedEvent = fleet.Board.AcknowledgedEvent,
                Problem = session.Problem,
            },
        };
        if (fleet.Credentials.Current is { } credentials)
        {
            using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPublicKey(credentials.Certificate)!;
            written.KeyFingerprint = NodeKey.FingerprintOf(key);
            written.CertificateNotBefore = credentials.NotBefore.ToTimestamp();
            written.CertificateNotAfter = credentials.NotAfter.ToTimestamp();
            written.RenewTime = Renewal.DueTime(credentials).ToTimestamp();
        }

        return written;
    }

    private V1.Membership Pending(PendingEnrolment pending)
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        key.ImportFromPem(pending.Key);
        var token = JoinTokenText.Parse(pending.Token, DateTimeOffset.MinValue);
        return new V1.Membership
        {
            State = V1.MembershipState.Pending,
            FleetId = token.FleetId,
            Endpoints = { token.Endpoints },
            KeyFingerprint = NodeKey.FingerprintOf(key),
            Problem = fleet.Enrolment.Problem,
        };
    }
}
