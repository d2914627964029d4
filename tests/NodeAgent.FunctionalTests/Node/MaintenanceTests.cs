using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Faces;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Node;

/// <summary>A node that is taken out of service, and put back.</summary>
public sealed class MaintenanceTests
{
    [Fact]
    public async Task Node_in_maintenance_starts_nothing_over_a_kill_of_the_agent_and_guests_run_on()
    {
        await using var agent = await Agent.StartAsync();
        var running = await agent.Client.CreateAndStartAsync(Guest.Empty("runs"));
        await agent.Client.CreateAsync(Guest.Empty("stands"));

        var entered = await agent.Client.Nodes.EnterMaintenanceAsync(new EnterMaintenanceRequest { Reason = "new memory", RequestId = AgentClient.NewId() });
        await agent.KillAsync();
        await agent.StartAgainAsync();

        entered.Remaining.ShouldHaveSingleItem().Name.ShouldBe("runs");
        var node = await agent.Client.Nodes.GetNodeAsync(new GetNodeRequest());
        node.Maintenance.ShouldBe(entered);
        node.Conditions.Single(one => one.Type == "StartsAllowed").Status.ShouldBe(ConditionStatus.False);
        var refusal = await Should.ThrowAsync<RpcException>(() => agent.Client.StartAsync("stands"));
        refusal.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        RpcErrors.Reason(refusal).ShouldBe("NODE_IN_MAINTENANCE");
        (await agent.Client.GetAsync("runs")).Status.Pid.ShouldBe(running.Status.Pid);

        await agent.Client.Nodes.ExitMaintenanceAsync(new ExitMaintenanceRequest { RequestId = AgentClient.NewId() });
        (await agent.Client.StartAsync("stands")).Status.State.ShouldBe(VmState.Running);
        (await agent.Client.ListEventsAsync(kindPrefix: "node.")).Select(one => one.Kind).ShouldBe(["node.maintenance-entered", "node.maintenance-exited"]);
    }

    [Fact]
    public async Task Nodectl_takes_the_node_out_of_service_and_back()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        await agent.Client.CreateAndStartAsync(Guest.Empty("web"), paused: true);

        var entered = await nodectl.RunAsync("node", "maintenance", "enter", "--reason", "new memory");
        entered.ExitCode.ShouldBe(0, entered.Output);
        entered.Output.ShouldContain("web");
        (await nodectl.RunAsync("node", "get")).Output.ShouldContain("new memory");
        (await nodectl.RunAsync("doctor")).Output.ShouldContain("nodectl node maintenance exit");

        (await nodectl.RunAsync("node", "maintenance", "exit")).Output.ShouldContain("in service");
        (await nodectl.RunAsync("node", "get")).Output.ShouldNotContain("new memory");
    }
}
