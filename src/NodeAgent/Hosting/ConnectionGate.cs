using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using NodeAgent.Audit;
using NodeAgent.Configuration;
using NodeAgent.Metrics;
using NodeAgent.Security;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>
/// Lets a connection in: finds out whose it is, once, and holds each caller to so many connections. The limit is by
/// caller, so that one who opens thousands shuts out nobody else; before a handshake has shown who it is, by address.
/// </summary>
internal sealed class ConnectionGate(LiveOptions options, RemoteConnections remote, AuditTrail audit, TimeProvider time)
{
    // A client opens one after the other, and a handshake takes milliseconds.
    private const int MostHandshakes = 16;

    // They are milliseconds of the processor's, more than any refused call costs: whoever opens connections without end is
    // not to take it away from those who are connected already.
    internal const int HandshakesASecond = 32;

    // A scraper needs one. Without a number, whoever reaches the address could use up the agent's descriptors, and with
    // them what all others connect by.
    internal const int MostForMetrics = 128, MostForMetricsFromOne = 32;

    // No address is called so.
    private const string Everybody = "everybody";

    private readonly PlaceCount _open = new();
    private readonly PlaceCount _metrics = new();
    private readonly PlaceCount _handshakes = new();
    private readonly RateLimit _pace = new(time);
    private readonly UserNames _names = new();

    /// <summary>Serves a connection of the API's sockets.</summary>
    public Task ServeLocalAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            connection.Features.Set(Caller.Of(connection.Features.Get<IConnectionSocketFeature>()!.Socket, _names));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Gone before it was let in; or it can't be known who it is.
            return Task.CompletedTask;
        }

        return ServeAsync(connection, next);
    }

    /// <summary>Serves a connection of the metrics address, where nobody has to say who it is, or has not said so yet.</summary>
    public async Task ServeMetricsAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var source = SourceNetwork.Of(connection.RemoteEndPoint);
        using var ofSource = _metrics.Enter(source, MostForMetricsFromOne);
        using var ofAll = ofSource is null ? null : _metrics.Enter(Everybody, MostForMetrics);
        if (ofAll is null)
        {
            audit.Refused(
                null, $"{connection.RemoteEndPoint}", "connection", "RESOURCE_EXHAUSTED",
                $"The metrics address has {MostForMetricsFromOne} connections from {source} already, or {MostForMetrics} in all.");
            connection.Abort(new ConnectionAbortedException("Too many connections for metrics."));
            return;
        }

        connection.Features.Set(MetricsListener.Instance);
        await next(connection);
    }

    /// <summary>Lets a connection from elsewhere begin its handshake, when it is the turn of another from its address.</summary>
    public async Task BeginHandshakeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var source = SourceNetwork.Of(connection.RemoteEndPoint);
        using var place = _handshakes.Enter(source, MostHandshakes);
        if (place is null)
        {
            audit.Refused(null, $"{connection.RemoteEndPoint}", "handshake", "RESOURCE_EXHAUSTED", $"{MostHandshakes} handshakes from {source} are under way.");
            connection.Abort(new ConnectionAbortedException("Too many handshakes from this address."));
            return;
        }

        var handshake = new Handshake(place);
        connection.Features.Set(handshake);
        while (_pace.Take(source, HandshakesASecond) is { } pause && !connection.ConnectionClosed.IsCancellationRequested)
        {
            await Task.Delay(pause, time, connection.ConnectionClosed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await next(connection);
        if (!handshake.IsDecided)
        {
            audit.Refused(null, $"{connection.RemoteEndPoint}", "handshake", "UNAUTHENTICATED", "The handshake came to nothing: the other side left, took too long, or does not speak TLS 1.3 with what is offered here.");
        }
    }

    /// <summary>Serves a connection from elsewhere whose handshake has shown who it is.</summary>
    public async Task ServeRemoteAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        connection.Features.Get<Handshake>()!.Succeeded();
        var peer = connection.Features.Get<PeerCertificate>()
            ?? throw new InvalidOperationException("A connection came through the handshake without a certificate.");
        using var watched = remote.Enter(new OpenConnection(
            connection.RemoteEndPoint?.ToString() ?? "", peer, why => connection.Abort(new ConnectionAbortedException($"The certificate is no longer good: {why}."))));
        await ServeAsync(connection, next);
    }

    /// <summary>Serves a connection of which is known whose it is.</summary>
    public async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var caller = connection.Features.Get<Caller>() ?? throw new InvalidOperationException("Nobody knows whose connection this is.");
        var limit = options.Current.Limits.MaxConnections;
        using var place = _open.Enter(caller.Identity, limit);
        if (place is null)
        {
            audit.Refused(caller, caller.From, "connection", "RESOURCE_EXHAUSTED", $"It has {limit} connections open already ([limits] max_connections).");
            connection.Abort(new ConnectionAbortedException("Too many connections of this caller."));
            return;
        }

        await next(connection);
    }
}
