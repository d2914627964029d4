using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Sessions;

/// <summary>What every session of this node works with.</summary>
internal sealed class SessionParts(NodeView view, NodePortrait portrait, FleetDesk fleet, TimeProvider time)
{
    public NodeView View { get; } = view;

    public NodePortrait Portrait { get; } = portrait;

    public SessionBoard Board => fleet.Board;

    public MembershipStore Membership => fleet.Store;

    public CredentialStore Credentials => fleet.Credentials;

    public TimeProvider Time { get; } = time;

    /// <summary>Keeps what the fleet trusts from now on, and uses it.</summary>
    public void Keep(UpdateTrust update)
    {
        if (update.Trust is { CaCertificates.Count: > 0 } trust)
        {
            fleet.Store.Keep(trust);
            fleet.Credentials.Reload();
        }

        if (update.Renew)
        {
            fleet.Renewal.Want();
        }
    }
}
