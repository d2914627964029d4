using System.Text.Json;
using NodeAgent.Cli.Errors;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Events;

public sealed class EventTest
{
    [Fact]
    public async Task The_last_events_are_listed_newest_last()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Events.Add(5);
        (await agent.RunAsync("event", "list", "--tail", "2", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.ShouldBe("t4\nt5\n");
        using var json = JsonDocument.Parse((await agent.RunAsync("event", "list", "--tail", "2", "-o", "json")).Out);
        json.RootElement.GetProperty("resumeToken").GetString().ShouldBe("t5");
    }

    [Fact]
    public async Task A_tail_may_be_longer_than_a_page()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Events.Add(1200);
        var names = (await agent.RunAsync("event", "list", "--tail", "1100", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.TrimEnd().Split('\n');
        names.Length.ShouldBe(1100);
        names[0].ShouldBe("t101");
        names[^1].ShouldBe("t1200");
    }

    [Fact]
    public async Task All_since_a_token_are_listed()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Events.Add(150);
        (await agent.RunAsync("event", "list", "--since-token", "t2", "-o", "name")).ShouldEndWith(ExitCode.Ok).Out.TrimEnd().Split('\n').Length.ShouldBe(148);
        await agent.RunAsync("event", "list", "--vm", "web", "--kind", "vm.", "--severity", "warning");
        var request = agent.Events.Requests.OfType<ListEventsRequest>().Last();
        (request.Vm, request.KindPrefix, request.MinimumSeverity).ShouldBe(("web", "vm.", EventSeverity.Warning));
    }

    [Fact]
    public async Task A_watch_goes_on_after_a_restart_without_gap_or_repeat()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Events.Add(2);
        using var interrupt = new CancellationTokenSource();
        var output = new System.IO.Pipelines.Pipe();
        using var reader = new StreamReader(output.Reader.AsStream());
        var running = agent.RunAsync(
            new CliInput { Cancellation = interrupt.Token, Output = output.Writer.AsStream() }, "event", "watch", "--from-oldest", "-o", "name");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("t1");
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("t2");
        await agent.EndAsync();
        agent.Events.Add(1);
        await agent.BeginAsync();
        var next = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
        next.ShouldBe("t3", next is null ? (await running).Error : "");
        await interrupt.CancelAsync();
        (await running).ShouldEndWith(ExitCode.Interrupted).Error.ShouldContain("waiting for it to come back");
    }

    [Fact]
    public async Task A_watch_ends_with_its_time_out()
    {
        await using var agent = await FakeAgent.StartAsync();
        agent.Events.Add(1);
        var lines = (await agent.RunAsync("event", "watch", "--from-oldest", "--timeout", "300ms")).ShouldEndWith(ExitCode.Ok).Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(2);
        lines[1].ShouldContain("message 1");
    }
}
