using Grpc.Core;
using Grpc.Net.Client;

namespace ReferenceManager.Control;

/// <summary>A way to the API of one node, over whatever it runs.</summary>
/// <param name="channel">Speaks gRPC.</param>
/// <param name="isTunnel">Whether the node was reached by a tunnel.</param>
internal sealed class NodeConnection(GrpcChannel channel, bool isTunnel) : IDisposable
{
    /// <summary>For the clients that are generated from proto/nodeagent/v1.</summary>
    public CallInvoker Invoker { get; } = channel.CreateCallInvoker();

    /// <summary>Whether the node was reached by a tunnel; otherwise it was dialled.</summary>
    public bool IsTunnel => isTunnel;

    public void Dispose() => channel.Dispose();
}
