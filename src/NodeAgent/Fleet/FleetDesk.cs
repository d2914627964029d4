using NodeAgent.Tls;

namespace NodeAgent.Fleet;

/// <summary>Everything about the node's membership, in one place.</summary>
internal sealed record FleetDesk(MembershipStore Store, CredentialStore Credentials, Enrolment Enrolment, Renewal Renewal, SessionBoard Board);
