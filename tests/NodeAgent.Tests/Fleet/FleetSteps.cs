using Grpc.Core;
using NodeAgent.Configuration;
using NodeAgent.Tests.Hosting;
using NodeAgent.Tests.Tls;
using ReferenceManager.Admin.V1;

namespace NodeAgent.Tests.Fleet;

/// <summary>What tests of a membership do again and again.</summary>
internal static class FleetSteps
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static V1.FleetService.FleetServiceClient Fleet(this RunningAgent agent) => new(agent.Channel);

    public static Task<V1.Membership> JoinAsync(this RunningAgent agent, string token, string requestId = "") =>
        agent.Fleet().JoinFleetAsync(new() { Token = token, RequestId = requestId }, cancellationToken: Cancellation).ResponseAsync;

    public static Task<V1.Membership> LeaveAsync(this RunningAgent agent, string requestId = "") =>
        agent.Fleet().LeaveFleetAsync(new() { RequestId = requestId }, cancellationToken: Cancellation).ResponseAsync;

    public static Task<V1.Membership> MembershipAsync(this RunningAgent agent) => agent.Fleet().GetMembershipAsync(new(), cancellationToken: Cancellation).ResponseAsync;

    /// <summary>An agent that is in the fleet from its start on, and has its sessions at these places.</summary>
    public static async Task<RunningAgent> StartMemberAsync(TestFleet fleet, IEnumerable<string> endpoints, Func<AgentOptions, AgentOptions>? change = null)
    {
        var agent = await RunningAgent.StartAsync(change);
        var (issued, key) = fleet.IssueNode(agent.Floor.NodeId, endpoints);
        using var _ = key;
        agent.Belong(issued, key);
        agent.KeepMembership();
        return agent;
    }

    public static V1.CreateVmRequest NewVm(string name) => new() { Vm = new() { Name = name, Spec = new() { MemoryBytes = 64 << 20, Cpu = new() { Vcpus = 1 } } } };

    public static async Task<ManagedNode> UntilAsync(this ManagerInReach manager, Func<ManagedNode, bool> isSo)
    {
        ManagedNode? last = null;
        await UntilAsync(async () => (last = (await manager.Admin.ListNodesAsync(new ListNodesRequest(), cancellationToken: Cancellation)).Nodes.SingleOrDefault()) is { } node && isSo(node), () => $"{last}");
        return last!;
    }

    public static async Task<V1.Membership> UntilAsync(this RunningAgent agent, Func<V1.Membership, bool> isSo)
    {
        V1.Membership? last = null;
        await UntilAsync(async () => isSo(last = await agent.MembershipAsync()), () => $"{last}");
        return last!;
    }

    public static async Task<V1.Event> EventAsync(this RunningAgent agent, string kind)
    {
        V1.Event? found = null;
        await UntilAsync(async () => (found = (await new V1.EventService.EventServiceClient(agent.Channel).ListEventsAsync(new() { KindPrefix = kind }, cancellationToken: Cancellation)).Events.LastOrDefault()) is not null, () => $"no {kind}");
        return found!;
    }

    public static async Task<IReadOnlyList<V1.AuditRecord>> AuditAsync(this RunningAgent agent, string method) =>
        (await new V1.AuditService.AuditServiceClient(agent.Channel).ListAuditRecordsAsync(new() { MethodPrefix = method }, cancellationToken: Cancellation)).Records;

    public static async Task UntilAsync(Func<Task<bool>> isSo, Func<string>? state = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                if (await isSo())
                {
                    return;
                }
            }
            catch (RpcException) when (!limit.IsCancellationRequested)
            {
                // Not yet.
            }

            limit.IsCancellationRequested.ShouldBeFalse(state?.Invoke());
            await Task.Delay(50, Cancellation);
        }
    }
}
