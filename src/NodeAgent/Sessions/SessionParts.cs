using System.Security.Cryptography;
using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Sessions;

/// <summary>What every session of this node works with.</summary>
internal sealed partial class SessionParts(NodeView view, NodePortrait portrait, FleetDesk fleet, RemoteConnections open, ILogger<SessionParts> log)
{
    public NodeView View { get; } = view;

    public NodePortrait Portrait { get; } = portrait;

    public SessionBoard Board => fleet.Board;

    public Membership Membership => fleet.Membership;

    public CredentialStore Credentials => fleet.Credentials;

    public RemoteConnections Open { get; } = open;

    public required TimeProvider Time { get; init; }

    /// <summary>Rings when a manager has told where sessions are opened.</summary>
    public Bell Told { get; } = new();

    /// <summary>Keeps what the fleet trusts from now on, and uses it. What is of no use changes nothing; the manager sees by the leases that it was not kept.</summary>
    public void Keep(UpdateTrust update)
    {
        if (update.Trust is { CaCertificates.Count: > 0 } trust)
        {
            Try(() => fleet.Membership.Keep(trust, Board.Now.ManagerId));
        }

        if (update.Renew)
        {
            fleet.Renewal.Want();
        }
    }

    /// <summary>Keeps where sessions are opened from a time on.</summary>
    public void Keep(UpdateEndpoints update)
    {
        Try(() => fleet.Membership.Keep(update, Board.Now.ManagerId));
        Told.Ring();
    }

    private void Try(Action keep)
    {
        try
        {
            keep();
        }
        catch (Exception wrong) when (wrong is CryptographicException or FleetException or InvalidOperationException)
        {
            LogNotKept(wrong.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What the manager sent is not in force, and the node goes on by what it had: {Problem}")]
    private partial void LogNotKept(string problem);
}
