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

    public override Task<Node> GetNode(GetNodeRequest request, ServerCallContext context) => Task.FromResult(Node);

    public override Task<Node> RefreshNode(RefreshNodeRequest request, ServerCallContext context)
    {
        Refreshed = true;
        return Task.FromResult(Node);
    }
}
