using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using NodeAgent.Manager.V1;
using ReferenceManager.Authority;

namespace ReferenceManager.Sessions;

/// <summary>
/// Tunnels: a node is asked in its session to open one, and what it opens becomes a stream of bytes for whoever asked.
/// The id is a secret between the two and good for one tunnel; the certificate that opens it must be the same node's.
/// </summary>
internal sealed class TunnelBook(NodeBook nodes, FleetTrust trust, Counters counters, TimeProvider time)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, (string NodeId, TaskCompletionSource<TunnelStream> Opened)> _awaited = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TunnelStream, NodeCaller> _open = new();

    /// <summary>Has a node open a tunnel.</summary>
    /// <exception cref="IOException">The node has no session, or does not open it in time.</exception>
    public async Task<TunnelStream> OpenAsync(string nodeId, CancellationToken cancellation)
    {
        var session = nodes.Find(nodeId)?.Session ?? throw new IOException($"node {nodeId} has no session, and without one there is no tunnel");
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var opened = new TaskCompletionSource<TunnelStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[id] = (nodeId, opened);
        try
        {
            session.Send(new OpenSessionResponse { OpenTunnel = new OpenTunnel { TunnelId = id } });
            return await opened.Task.WaitAsync(s_patience, time, cancellation);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            if (!opened.TrySetCanceled(CancellationToken.None))
            {
                // It came in the very moment in which nobody waited any more.
                await (await opened.Task).DisposeAsync();
            }

            cancellation.ThrowIfCancellationRequested();
            throw new IOException($"node {nodeId} did not open the tunnel within {s_patience.TotalSeconds} s");
        }
        finally
        {
            _awaited.TryRemove(id, out _);
        }
    }

    /// <summary>The node's call: lasts as long as the tunnel.</summary>
    public async Task ServeAsync(
        NodeCaller caller, IAsyncStreamReader<OpenTunnelRequest> requests, IServerStreamWriter<OpenTunnelResponse> responses, CancellationToken gone)
    {
        if (!await requests.MoveNext(gone)
            || !_awaited.TryGetValue(requests.Current.TunnelId, out var awaited)
            || awaited.NodeId != caller.NodeId)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "tunnel_id: nobody waits for this tunnel"));
        }

        await using var tunnel = new TunnelStream(requests, responses, requests.Current.Data);
        _open[tunnel] = caller;
        try
        {
            if (awaited.Opened.TrySetResult(tunnel))
            {
                counters.CountTunnel();
                await tunnel.Closed.WaitAsync(gone);
            }
        }
        catch (OperationCanceledException)
        {
            // The node closed it, or is gone: whoever uses the stream sees its end.
        }
        finally
        {
            _open.TryRemove(tunnel, out _);
            await tunnel.RestAsync();
        }
    }

    /// <summary>After each change of what the fleet trusts: cuts the tunnels of those who were revoked.</summary>
    public void CutRevoked()
    {
        foreach (var (tunnel, caller) in _open)
        {
            if (trust.Current.Revoked.Contains(caller.Serial))
            {
                tunnel.Dispose();
            }
        }
    }
}
