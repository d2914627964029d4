using Grpc.Core;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;
using ReferenceManager.Storage;

namespace ReferenceManager.Sessions;

/// <summary>
/// Tells nodes what the fleet trusts: those that are here when it changes, the others when they come. Whoever was revoked
/// loses its session instead.
/// </summary>
internal sealed class TrustSpread(Database database, FleetTrust trust, NodeBook nodes)
{
    /// <summary>After each change.</summary>
    public void TellAll()
    {
        var current = trust.Current;
        var newest = database.Read(CertificateBook.NewestOfNodes);
        foreach (var session in nodes.All.Select(node => node.Session).OfType<NodeSession>())
        {
            if (current.Revoked.Contains(session.Caller.Serial))
            {
                session.End(new Status(StatusCode.PermissionDenied, "the certificate of this node was revoked"));
            }
            else
            {
                Tell(session, current, newest.GetValueOrDefault(session.Caller.NodeId));
            }
        }
    }

    /// <summary>At the begin of a session.</summary>
    public void TellIfBehind(NodeSession session, long version)
    {
        var current = trust.Current;
        var newest = database.Read(connection => CertificateBook.Of(connection, FleetRole.Node, session.Caller.NodeId)).FirstOrDefault();
        if (version != current.Version || MustRenew(current, newest))
        {
            Tell(session, current, newest);
        }
    }

    private static void Tell(NodeSession session, TrustSnapshot current, IssuedCertificate? newest) => session.Send(new OpenSessionResponse
    {
        UpdateTrust = new UpdateTrust { Trust = current.Bundle, Renew = MustRenew(current, newest) },
    });

    // Its authority is about to go: the node is to have a certificate of the active one before that.
    private static bool MustRenew(TrustSnapshot current, IssuedCertificate? newest) =>
        newest is not null && newest.Authority != current.Active.Number;
}
