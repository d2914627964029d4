namespace NodeAgent.Tests.Cli.Transport;

public sealed class PatienceWithStartTest
{
    [Fact]
    public async Task Agent_that_is_only_starting_is_asked_again()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Node.StartingAnswers = 3;

        (await agent.RunAsync("node", "get")).ShouldEndWith(0).Out.ShouldContain("host1");

        agent.Node.StartingAnswers.ShouldBe(-1);
    }
}
