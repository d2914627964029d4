using Grpc.Core;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>The contract's NodeService.</summary>
internal sealed class NodeService(NodeSurvey survey, NodeWriter writer, NodeMaintenance maintenance, MaintenanceWriter maintenanceWriter) : V1.NodeService.NodeServiceBase
{
    private const int MaxReasonLength = 500;

    public override async Task<V1.Node> GetNode(V1.GetNodeRequest request, ServerCallContext context)
    {
        var full = IsFull(request.View);
        return writer.Write(await survey.GetAsync(context.CancellationToken), full, Callers.ScopeOf(context));
    }

    public override async Task<V1.Node> RefreshNode(V1.RefreshNodeRequest request, ServerCallContext context)
    {
        var full = IsFull(request.View);
        return writer.Write(await survey.LookAsync(anew: true).WaitAsync(context.CancellationToken), full, Callers.ScopeOf(context));
    }

    public override async Task<V1.Maintenance> EnterMaintenance(V1.EnterMaintenanceRequest request, ServerCallContext context)
    {
        if (request.Reason.Length > MaxReasonLength || request.Reason.Any(char.IsControl))
        {
            throw RpcRefusal.Field("reason", $"At most {MaxReasonLength} characters, none of them a control character.");
        }

        await maintenance.EnterAsync(request.Reason, Callers.Request(context, request), context.CancellationToken);
        return maintenanceWriter.Write(Callers.ScopeOf(context));
    }

    public override async Task<V1.Maintenance> ExitMaintenance(V1.ExitMaintenanceRequest request, ServerCallContext context)
    {
        await maintenance.ExitAsync(Callers.Request(context, request), context.CancellationToken);
        return maintenanceWriter.Write(Callers.ScopeOf(context));
    }

    private static bool IsFull(V1.NodeView view) => view switch
    {
        V1.NodeView.Unspecified or V1.NodeView.Basic => false,
        V1.NodeView.Full => true,
        _ => throw RpcRefusal.Field("view", "Not a view that this agent knows. Write NODE_VIEW_BASIC or NODE_VIEW_FULL."),
    };
}
