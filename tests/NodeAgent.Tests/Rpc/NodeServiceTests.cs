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

    [Fact]
    public async Task Maintenance_is_shown_and_refuses_starts_with_its_own_reason()
    {
        await using var agent = await RunningAgent.StartAsync();
        var cancel = TestContext.Current.CancellationToken;
        var nodes = new V1.NodeService.NodeServiceClient(agent.Channel);
        (await nodes.GetNodeAsync(new(), cancellationToken: cancel)).Maintenance.Active.ShouldBeFalse();

        var entered = await nodes.EnterMaintenanceAsync(new() { Reason = "new memory", RequestId = "m1" }, cancellationToken: cancel);

        entered.Active.ShouldBeTrue();
        entered.Caller.ShouldStartWith("uid:");
        var node = await nodes.GetNodeAsync(new(), cancellationToken: cancel);
        node.Maintenance.ShouldBe(entered);
        var condition = node.Conditions.Single(one => one.Type == "StartsAllowed");
        condition.Status.ShouldBe(V1.ConditionStatus.False);
        condition.Message.ShouldContain("new memory");
        condition.Remedy.ShouldContain("nodectl node maintenance exit");
        (await agent.ScrapeAsync()).ShouldContain("nodeagent_node_maintenance 1");

        await nodes.ExitMaintenanceAsync(new(), cancellationToken: cancel);
        (await nodes.GetNodeAsync(new(), cancellationToken: cancel)).Conditions.Single(one => one.Type == "StartsAllowed").Status.ShouldBe(V1.ConditionStatus.True);
        (await agent.ScrapeAsync()).ShouldContain("nodeagent_node_maintenance 0");
        (await Should.ThrowAsync<Grpc.Core.RpcException>(async () => await nodes.EnterMaintenanceAsync(new() { Reason = new string('x', 501) }, cancellationToken: cancel)))
            .StatusCode.ShouldBe(Grpc.Core.StatusCode.InvalidArgument);
    }
}
