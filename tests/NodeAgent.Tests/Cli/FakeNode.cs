using Grpc.Core;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli;

/// <summary>A node that says what the test wants it to.</summary>
internal sealed class FakeNode : NodeService.NodeServiceBase
{
    public Node Node { get; } = new()
    {
        Hostname = "host1",
        Id = "0a0b",
        Agent = new AgentInfo { Version = "0.1.0", Pid = 7 },
        Cpu = new CpuInfo { Logical = 2, Model = "Test CPU" },
        Memory = new MemoryInfo { TotalBytes = 8L << 30, AvailableBytes = 3L << 29 },
    };

    public bool Refreshed { get; private set; }

    /// <summary>How often it says that it is only starting before it answers.</summary>
    public int StartingAnswers { get; set; }

    public override Task<Node> GetNode(GetNodeRequest request, ServerCallContext context) =>
        StartingAnswers-- <= 0 ? Task.FromResult(Node) : throw new Google.Rpc.Status
        {
            Code = (int)StatusCode.Unavailable,
            Message = "The agent is starting.",
            Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new Google.Rpc.ErrorInfo { Reason = "AGENT_STARTING", Domain = "nodeagent" }) },
        }.ToRpcException();

    public override Task<Node> RefreshNode(RefreshNodeRequest request, ServerCallContext context)
    {
        Refreshed = true;
        return Task.FromResult(Node);
    }

    public override Task<Maintenance> EnterMaintenance(EnterMaintenanceRequest request, ServerCallContext context)
    {
        request.RequestId.ShouldNotBeEmpty();
        Node.Maintenance = new Maintenance
        {
            Active = true,
            Reason = request.Reason,
            Caller = "uid:0(root)",
            EnterTime = new() { Seconds = 1_700_000_000 },
            Remaining = { new RemainingVm { Id = "1", Name = "web", Why = "Its guest runs; shut it down." } },
        };
        return Task.FromResult(Node.Maintenance);
    }

    public override Task<Maintenance> ExitMaintenance(ExitMaintenanceRequest request, ServerCallContext context) =>
        Task.FromResult(Node.Maintenance = new Maintenance());
}
