using Grpc.Core;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>A membership that goes on as the test wants.</summary>
internal sealed class FakeFleet : FleetService.FleetServiceBase
{
    public Membership Membership { get; set; } = new() { State = MembershipState.None };

    /// <summary>What comes of a request to join.</summary>
    public Membership Joined { get; set; } = new() { State = MembershipState.Joined };

    /// <summary>What comes of a pending enrolment when it is looked at again.</summary>
    public Membership? Decided { get; set; }

    public JoinFleetRequest? Asked { get; private set; }

    public override Task<Membership> JoinFleet(JoinFleetRequest request, ServerCallContext context)
    {
        request.RequestId.ShouldNotBeEmpty();
        Asked = request;
        return Task.FromResult(Membership = Joined);
    }

    public override Task<Membership> GetMembership(GetMembershipRequest request, ServerCallContext context) => Task.FromResult(Membership = Decided ?? Membership);

    public override Task<Membership> LeaveFleet(LeaveFleetRequest request, ServerCallContext context)
    {
        request.RequestId.ShouldNotBeEmpty();
        return Task.FromResult(Membership = new Membership { State = MembershipState.None });
    }
}
