using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;

namespace NodeAgent.Tls;

/// <summary>
/// What is open by certificate, with whom: connections from elsewhere and those to a manager. Those whose certificate is
/// no longer good are cut, streams and all, and so is everything when the node leaves its fleet.
/// </summary>
internal sealed partial class RemoteConnections(CredentialStore credentials, TimeProvider time, ILogger<RemoteConnections> log)
{
    private readonly ConcurrentDictionary<OpenConnection, bool> _open = new();

    /// <summary>How many from elsewhere there are.</summary>
    public int Count => _open.Keys.Count(connection => !connection.IsDialled);

    /// <summary>By whose certificates this node's own connections are open.</summary>
    public IReadOnlyList<X509Certificate2> Dialled => [.. _open.Keys.Where(connection => connection.IsDialled).Select(connection => connection.Peer.Certificate)];

    /// <summary>Keeps a connection in view; dispose when it has ended.</summary>
    public IDisposable Enter(OpenConnection connection)
    {
        _open[connection] = true;
        if (!ReferenceEquals(connection.Peer.JudgedBy, credentials.Current))
        {
            // It was let in by what is not in force any more, and the review for that may be over.
            Review(connection, credentials.Current);
        }

        return new Place(this, connection);
    }

    /// <summary>Looks at all of them again, after a change of whom we trust or as time goes by.</summary>
    public void Review()
    {
        var now = credentials.Current;
        foreach (var connection in _open.Keys)
        {
            Review(connection, now);
        }
    }

    private void Review(OpenConnection connection, NodeCredentials? now)
    {
        var problem = now is null ? "this node is in no fleet" : Judge(connection, now).Problem;
        if (problem.Length > 0)
        {
            LogCut(connection.Where, connection.Peer.Certificate.Subject, problem);
            connection.Cut(problem);
        }
    }

    private PeerVerdict Judge(OpenConnection connection, NodeCredentials now) => connection.IsDialled
        ? now.Trust.OfManager(connection.Peer.Certificate, connection.Peer.Sent, now.Fleet, time.GetUtcNow())
        : now.Trust.OfClient(connection.Peer.Certificate, connection.Peer.Sent, now.Fleet, time.GetUtcNow());

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection with {Where} ({Subject}) was cut: {Problem}")]
    private partial void LogCut(string where, string subject, string problem);

    private sealed class Place(RemoteConnections connections, OpenConnection connection) : IDisposable
    {
        public void Dispose() => connections._open.TryRemove(connection, out _);
    }
}
