using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using NodeAgent.Audit;
using NodeAgent.Manager.V1;
using NodeAgent.Security;

namespace NodeAgent.Sessions;

/// <summary>
/// Makes connections to the API of what a manager sends through tunnels: to the server they are as those of a socket, with
/// the same gates, limits and rights. A listener of the server; see ADR 0012.
/// </summary>
internal sealed partial class TunnelGate(AuditTrail audit, TimeProvider time, ILogger<TunnelGate> log) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    // A manager needs one, or one for each of its own replicas.
    private const int Most = 16;

    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly Channel<ConnectionContext> _opened = Channel.CreateBounded<ConnectionContext>(Most);
    private int _open;

    public EndPoint EndPoint { get; private set; } = new TunnelEndPoint();

    /// <summary>Opens the tunnel that a manager asks for.</summary>
    /// <param name="line">The session's own; its end is the tunnel's too.</param>
    /// <param name="wanted">What it asked.</param>
    public void Open(ManagerLine line, OpenTunnel wanted)
    {
        var manager = Caller.Of(line.Names, "tunnel");
        if (Interlocked.Increment(ref _open) > Most)
        {
            Interlocked.Decrement(ref _open);
            audit.Refused(manager, manager.From, "tunnel", "RESOURCE_EXHAUSTED", $"{Most} tunnels are open already.");
            return;
        }

        if (!line.Enter())
        {
            Interlocked.Decrement(ref _open);
            return;
        }

        _ = CarryAsync(line, wanted.TunnelId, manager);
    }

    public bool CanBind(EndPoint endpoint) => endpoint is TunnelEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return ValueTask.FromResult<IConnectionListener>(this);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _opened.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _opened.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private async Task CarryAsync(ManagerLine line, string id, Caller manager)
    {
        try
        {
            using var life = CancellationTokenSource.CreateLinkedTokenSource(line.Life);
            using var call = new SessionService.SessionServiceClient(line.Channel).OpenTunnel(cancellationToken: life.Token);
            await call.RequestStream.WriteAsync(new OpenTunnelRequest { TunnelId = id }, life.Token);
            await using var tunnel = new Tunnel(manager);
            await _opened.Writer.WriteAsync(tunnel.Connection, life.Token);
            var (inward, outward) = (tunnel.ReceiveAsync(call.ResponseStream, life.Token), tunnel.SendAsync(call.RequestStream, life.Token));
            var first = await Task.WhenAny(inward, outward);
            await first;
            await outward;

            // All is said, and the manager ends the call when it has heard it; cut off at once, it might hear nothing.
            await Task.WhenAny(inward, Task.Delay(Farewell, time, life.Token));
            await life.CancelAsync();
            await inward.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception ended) when (ended is RpcException or OperationCanceledException or IOException or ConnectionAbortedException or ChannelClosedException or InvalidOperationException)
        {
            LogEnded(manager.Identity, ended.Message);
        }
        finally
        {
            line.Leave();
            Interlocked.Decrement(ref _open);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A tunnel of {Manager} ended: {Problem}")]
    private partial void LogEnded(string manager, string problem);
}
