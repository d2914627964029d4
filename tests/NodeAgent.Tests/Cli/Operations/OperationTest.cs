using NodeAgent.Cli.Errors;

namespace NodeAgent.Tests.Cli.Operations;

public sealed class OperationTest
{
    [Fact]
    public async Task An_operation_is_found_by_its_id_alone()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        agent.Operations.LooksBeforeEnd = 1;
        var name = (await agent.RunAsync("vm", "start", "web", "--no-wait")).Out.Trim();
        var id = name.Split('/')[1];
        (await agent.RunAsync("op", "get", id)).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("running");
        (await agent.RunAsync("op", "wait", id)).ShouldEndWith(ExitCode.Ok).Out.ShouldContain("succeeded");
        (await agent.RunAsync("op", "list", "-o", "name")).Out.ShouldBe(name + "\n");
    }

    [Fact]
    public async Task Waiting_for_one_that_fails_fails()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        var name = (await agent.RunAsync("vm", "stop", "web", "--no-wait")).Out.Trim();
        (await agent.RunAsync("op", "wait", name)).ShouldEndWith(ExitCode.TimedOut).Error.ShouldContain("QEMU did not answer");
    }

    [Fact]
    public async Task Cancelling_asks_the_agent()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Vms.Add("web");
        var name = (await agent.RunAsync("vm", "stop", "web", "--no-wait")).Out.Trim();
        (await agent.RunAsync("op", "cancel", name)).ShouldEndWith(ExitCode.Ok);
        agent.Operations.Cancelled.ShouldBe([name]);
        (await agent.RunAsync("op", "cancel", "nothing")).ShouldEndWith(ExitCode.NotFound);
    }

    [Fact]
    public async Task Waiting_at_an_agent_that_is_not_there_fails_at_once()
    {
        using var folder = new TemporaryDirectory();
        (await CliResult.RunAsync(new CliInput(), "op", "wait", "x", "--host", $"unix:{folder.Path}/api.sock")).ShouldEndWith(ExitCode.Unreachable);
    }
}
