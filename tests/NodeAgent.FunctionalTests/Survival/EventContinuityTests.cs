using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Survival;

/// <summary>The event log goes on where it was, whatever happens to the agent.</summary>
public sealed class EventContinuityTests
{
    [Fact]
    public async Task Watch_goes_on_from_its_token_over_kills_without_gap_or_repeat()
    {
        await using var agent = await Agent.StartAsync();
        var seen = new List<Event>();
        var token = (await agent.Client.Events.ListEventsAsync(new ListEventsRequest { PageSize = 1 })).Events[0].Token;
        for (var round = 0; round < 3; round++)
        {
            var watching = WatchAsync(agent, token, seen);
            var vm = await agent.Client.CreateAndStartAsync(Qemus.Cheap($"vm-{round}"), paused: true);
            var leaving = agent.Client.ForceStopAsync(vm.Id).ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.WhenAny(leaving, Task.Delay(20 * round));
            await agent.KillAsync();
            await watching;
            await leaving;
            token = seen.LastOrDefault()?.Token ?? token;
            await agent.StartAgainAsync();
        }

        var all = await agent.Client.ListEventsAsync();
        var rest = WatchAsync(agent, token, seen, until: all[^1].Sequence);
        await rest.WaitAsync(AgentClient.Patience);

        seen.Select(one => one.Sequence).ShouldBe(Enumerable.Range(2, seen.Count).Select(number => (long)number));
        seen.Take(all.Count - 1).ShouldBe(all.Skip(1));
        all[0].Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task What_happened_while_the_agent_was_away_is_marked_recovered()
    {
        await using var agent = await Agent.StartAsync();
        var killed = await agent.Client.CreateAndStartAsync(Qemus.Cheap("killed"), paused: true);
        var left = await agent.Client.CreateAndStartAsync(Qemus.Cheap("left-alone"), paused: true);
        var token = (await agent.Client.ListEventsAsync())[^1].Token;
        await agent.KillAsync();
        (await Qemus.KillAllAsync([killed.Id])).ShouldBeTrue();

        await agent.StartAgainAsync();

        var since = await agent.Client.Events.ListEventsAsync(new ListEventsRequest { AfterToken = token, KindPrefix = "vm." });
        var stopped = since.Events.Where(one => one.VmId == killed.Id).ShouldHaveSingleItem();
        stopped.Kind.ShouldBe("vm.stopped");
        stopped.Recovered.ShouldBeTrue();
        since.Events.Where(one => one.VmId == left.Id).ShouldHaveSingleItem().Kind.ShouldBe("vm.adopted");

        // What happens from here on was watched.
        await agent.Client.ForceStopAsync(left.Id);
        (await agent.Client.ListEventsAsync(left.Id, "vm.stopped")).ShouldHaveSingleItem().Recovered.ShouldBeFalse();
    }

    /// <summary>Adds events until the agent is gone, or one has come that was waited for.</summary>
    private static async Task WatchAsync(Agent agent, string token, List<Event> seen, long until = long.MaxValue)
    {
        using var watch = agent.Client.Events.WatchEvents(new WatchEventsRequest { ResumeToken = token });
        try
        {
            while (await watch.ResponseStream.MoveNext(default))
            {
                if (watch.ResponseStream.Current.Event is { } one)
                {
                    seen.Add(one);
                    if (one.Sequence >= until)
                    {
                        return;
                    }
                }
            }
        }
        catch (RpcException gone) when (until == long.MaxValue && gone.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled)
        {
            // Killed, as was to be.
        }
    }
}
