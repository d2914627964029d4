namespace NodeAgent.Tests.Cli.Nodes;

public sealed class NodeMaintenanceTest
{
    [Fact]
    public async Task Entering_shows_what_still_runs_and_why()
    {
        await using var agent = await FakeAgent.StartAsync();

        var entered = (await agent.RunAsync("node", "maintenance", "enter", "--reason", "new memory")).ShouldEndWith(0);

        entered.Out.ShouldContain("no VM is started");
        entered.Out.ShouldContain("web  Its guest runs; shut it down.");
        agent.Node.Node.Maintenance.Reason.ShouldBe("new memory");
        var shown = (await agent.RunAsync("node", "get")).ShouldEndWith(0).Out;
        shown.ShouldContain("new memory");
        shown.ShouldContain("web: Its guest runs");
    }

    [Fact]
    public async Task Leaving_puts_the_node_into_service()
    {
        await using var agent = await FakeAgent.StartAsync();
        await agent.RunAsync("node", "maintenance", "enter");

        (await agent.RunAsync("node", "maintenance", "exit")).ShouldEndWith(0).Out.ShouldContain("in service");

        (await agent.RunAsync("node", "get")).Out.ShouldNotContain("Maintenance");
    }

    [Fact]
    public async Task As_json_it_can_be_worked_with()
    {
        await using var agent = await FakeAgent.StartAsync();
        (await agent.RunAsync("node", "maintenance", "enter", "-o", "json")).ShouldEndWith(0).Out.ShouldContain("\"remaining\"");
    }
}
