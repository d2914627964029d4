using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;

namespace NodeAgent.Tls;

/// <summary>Open connections from elsewhere and by whose certificate; those whose certificate is no longer good are cut, streams and all.</summary>
internal sealed partial class RemoteConnections(CredentialStore credentials, TimeProvider time, ILogger<RemoteConnections> log)
{
    private readonly ConcurrentDictionary<ConnectionContext, X509Certificate2> _open = new();

    /// <summary>How many there are.</summary>
    public int Count => _open.Count;

    /// <summary>Keeps a connection in view; dispose when it has ended.</summary>
    public IDisposable Enter(ConnectionContext connection, X509Certificate2 certificate)
    {
        _open[connection] = certificate;
        return new Place(this, connection);
    }

    /// <summary>Looks at all of them again, after a change of whom we trust or as time goes by.</summary>
    public void Review()
    {
        if (credentials.Current is not { } now)
        {
            return;
        }

        foreach (var (connection, certificate) in _open)
        {
            var verdict = now.Trust.OfClient(certificate, now.Chain, now.Fleet, time.GetUtcNow());
            if (!verdict.IsAccepted)
            {
                LogCut(connection.RemoteEndPoint, certificate.Subject, verdict.Problem);
                connection.Abort(new ConnectionAbortedException($"The certificate is no longer good: {verdict.Problem}."));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection of {From} ({Subject}) was cut: {Problem}")]
    private partial void LogCut(object? from, string subject, string problem);

    private sealed class Place(RemoteConnections connections, ConnectionContext connection) : IDisposable
    {
        public void Dispose() => connections._open.TryRemove(connection, out _);
    }
}
