using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>Everything about the node's membership, in one place.</summary>
internal sealed record FleetDesk(Membership Membership, Enrolment Enrolment, Renewal Renewal, SessionBoard Board, FleetRequests Requests)
{
    public MembershipStore Store => Membership.Store;

    public CredentialStore Credentials => Membership.Credentials;
}
