using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using NodeAgent.Configuration;
using NodeAgent.Rpc;

namespace NodeAgent.Hosting;

/// <summary>
/// Lets a connection in: finds out whose it is, once, and holds each user to so many connections. The limit is by
/// user, so that one who opens thousands shuts out nobody else.
/// </summary>
internal sealed partial class ConnectionGate(LiveOptions options, ILogger<ConnectionGate> log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];
    private readonly UserNames _names = new();

    /// <summary>Serves a connection of the API's sockets.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        Caller caller;
        try
        {
            caller = Caller.Of(connection.Features.Get<IConnectionSocketFeature>()!.Socket, _names);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Gone before it was let in.
            return;
        }

        if (!Enter(caller.Uid))
        {
            LogTooMany(caller.Identity, options.Current.Limits.MaxConnections);
            connection.Abort(new ConnectionAbortedException("Too many connections of this user."));
            return;
        }

        try
        {
            connection.Features.Set(caller);
            await next(connection);
        }
        finally
        {
            Leave(caller.Uid);
        }
    }

    private bool Enter(uint uid)
    {
        lock (_gate)
        {
            var count = _open.GetValueOrDefault(uid);
            if (count >= options.Current.Limits.MaxConnections)
            {
                return false;
            }

            _open[uid] = count + 1;
            return true;
        }
    }

    private void Leave(uint uid)
    {
        lock (_gate)
        {
            if (--_open[uid] == 0)
            {
                _open.Remove(uid);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection of {Caller} was closed: it has {Limit} open already ([limits] max_connections)")]
    private partial void LogTooMany(string caller, int limit);
}
