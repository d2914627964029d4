namespace NodeAgent.Tls;

/// <summary>A connection that is open by certificate, in either direction.</summary>
/// <param name="where">The other end's address.</param>
/// <param name="peer">Who is there.</param>
/// <param name="cut">Ends it, with all that travels on it; is told why.</param>
internal sealed class OpenConnection(string where, PeerCertificate peer, Action<string> cut)
{
    /// <summary>The other end's address.</summary>
    public string Where => where;

    /// <summary>Who is there.</summary>
    public PeerCertificate Peer => peer;

    /// <summary>Whether this node dialled: the other end must be a manager then, and it need only be of the fleet otherwise.</summary>
    public bool IsDialled { get; init; }

    /// <summary>Ends it.</summary>
    public void Cut(string why) => cut(why);
}
