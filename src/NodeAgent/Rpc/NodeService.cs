using Grpc.Core;
using NodeAgent.Health;

namespace NodeAgent.Rpc;

/// <summary>The contract's NodeService.</summary>
internal sealed class NodeService(NodeSurvey survey, NodeWriter writer) : V1.NodeService.NodeServiceBase
{
    public override async Task<V1.Node> GetNode(V1.GetNodeRequest request, ServerCallContext context)
    {
        var full = IsFull(request.View);
        return writer.Write(await survey.GetAsync(context.CancellationToken), full);
    }

    public override async Task<V1.Node> RefreshNode(V1.RefreshNodeRequest request, ServerCallContext context)
    {
        var full = IsFull(request.View);
        return writer.Write(await survey.LookAsync(anew: true).WaitAsync(context.CancellationToken), full);
    }

    private static bool IsFull(V1.NodeView view) => view switch
    {
        V1.NodeView.Unspecified or V1.NodeView.Basic => false,
        V1.NodeView.Full => true,
        _ => throw RpcRefusal.Field("view", "Not a view that this agent knows. Write NODE_VIEW_BASIC or NODE_VIEW_FULL."),
    };
}
