using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Feeds;

/// <summary>The event log: numbered without gaps, durable, and resumable over the agent's death.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task Watch_resumes_over_a_killed_agent_without_gap_or_repeat()
    {
        await using var agent = await Agent.StartAsync();
        var read = new List<Event>();
        var token = "";
        for (var round = 0; round < 4; round++)
        {
            await agent.Client.CreateAndStartAsync(Guest.Empty($"vm-{round}"), paused: true);
            await agent.Client.UntilEventAsync($"vm-{round}", "vm.started");
            token = await ReadAsync(agent, token, read);
            await agent.Client.ForceStopAsync($"vm-{round}");
            await (round % 2 == 0 ? agent.KillAsync() : agent.StopAsync());
            await agent.StartAgainAsync();
        }

        await ReadAsync(agent, token, read);

        read.Select(one => one.Sequence).ShouldBe(Enumerable.Range(1, read.Count).Select(number => (long)number));
        read.Count(one => one.Kind == "vm.started").ShouldBe(4);
        read.Count(one => one.Kind == "vm.stopped").ShouldBe(4);
        read.Count(one => one.Kind == "agent.started").ShouldBe(5);
        (await agent.Client.ListEventsAsync()).Select(one => one.Sequence).ShouldBe(read.Select(one => one.Sequence));
    }

    [Fact]
    public async Task Watch_waits_for_what_comes()
    {
        await using var agent = await Agent.StartAsync();
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = agent.Client.Events.WatchEvents(new WatchEventsRequest { KindPrefix = "vm." }, cancellationToken: limit.Token);
        (await watch.ResponseStream.MoveNext(limit.Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Synced.ShouldNotBeNull();

        await agent.Client.CreateAsync(Guest.Empty("new"));

        (await watch.ResponseStream.MoveNext(limit.Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Event.Kind.ShouldBe("vm.created");
        watch.ResponseStream.Current.Event.VmName.ShouldBe("new");
        watch.ResponseStream.Current.Event.Caller.ShouldStartWith("uid:");
    }

    [Fact]
    public async Task Token_of_another_log_is_out_of_range()
    {
        await using var one = await Agent.StartAsync();
        await using var other = await Agent.StartAsync();
        var foreign = (await one.Client.Events.ListEventsAsync(new ListEventsRequest())).ResumeToken;
        using var watch = other.Client.Events.WatchEvents(new WatchEventsRequest { ResumeToken = foreign });

        (await Should.ThrowAsync<RpcException>(() => watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken)))
            .StatusCode.ShouldBe(StatusCode.OutOfRange);
    }

    // Reads from a token up to the marker that all is told.
    private static async Task<string> ReadAsync(Agent agent, string token, List<Event> into)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = agent.Client.Events.WatchEvents(
            new WatchEventsRequest { ResumeToken = token, FromOldest = token.Length == 0 }, cancellationToken: limit.Token);
        while (await watch.ResponseStream.MoveNext(limit.Token))
        {
            if (watch.ResponseStream.Current.Synced is { } synced)
            {
                return synced.Token;
            }

            into.Add(watch.ResponseStream.Current.Event);
        }

        throw new InvalidOperationException("The watch ended before it had told all.");
    }
}
