using NodeAgent.Tests.Hosting;

namespace NodeAgent.Tests.Rpc;

public sealed class NodeServiceTests
{
    [Fact]
    public async Task A_host_without_kvm_and_qemu_says_so_with_a_remedy()
    {
        await using var agent = await RunningAgent.StartAsync();

        var node = await new V1.NodeService.NodeServiceClient(agent.Channel).GetNodeAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        Guid.TryParse(node.Id, out _).ShouldBeTrue();
        node.Agent.Pid.ShouldBe(Environment.ProcessId);
        node.Agent.Recovery.Done.ShouldBeTrue();
        node.Memory.TotalBytes.ShouldBeGreaterThan(0);
        node.Kvm.SelfTest.Verdict.ShouldBe(V1.KvmVerdict.Unavailable);
        node.Qemu.ShouldBeNull();
        var conditions = node.Conditions.ToDictionary(condition => condition.Type);
        conditions["KvmReady"].Status.ShouldBe(V1.ConditionStatus.False);
        conditions["QemuReady"].Status.ShouldBe(V1.ConditionStatus.False);
        conditions["QemuReady"].Remedy.ShouldContain("[qemu] binary");
        conditions["LedgerWritable"].Status.ShouldBe(V1.ConditionStatus.True);
        conditions["ConfigurationInForce"].Status.ShouldBe(V1.ConditionStatus.True);
        node.PciDevices.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_nodes_id_outlives_the_agent_and_since_when_a_condition_holds_does_not_move()
    {
        await using var agent = await RunningAgent.StartAsync();
        var client = new V1.NodeService.NodeServiceClient(agent.Channel);

        var first = await client.GetNodeAsync(new() { View = V1.NodeView.Full }, cancellationToken: TestContext.Current.CancellationToken);
        var second = await client.RefreshNodeAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        second.Id.ShouldBe(first.Id);
        File.ReadAllText(Path.Combine(agent.Options.Current.StateDirectory, "node-id")).Trim().ShouldBe(first.Id);
        second.Conditions.Select(condition => condition.LastTransitionTime).ShouldBe(first.Conditions.Select(condition => condition.LastTransitionTime));
    }
}
