using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Feeds;

/// <summary>Watching VMs: all of them, a marker, then every change; and never less than the last state.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task Watch_tells_all_vms_then_synced_then_changes_then_the_end()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAsync(Guest.Empty("one"));
        await agent.Client.CreateAsync(Guest.Empty("two"));
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = agent.Client.Vms.WatchVms(new WatchVmsRequest(), cancellationToken: limit.Token);
        var seen = new List<string>();
        while (await watch.ResponseStream.MoveNext(limit.Token) && watch.ResponseStream.Current.Vm is { } vm)
        {
            seen.Add(vm.Name);
        }

        seen.Order().ShouldBe(["one", "two"]);
        watch.ResponseStream.Current.Synced.ShouldNotBeNull();

        await agent.Client.StartAsync("one", paused: true);
        await agent.Client.ForceStopAsync("one");
        await agent.Client.DeleteAsync("one");

        var states = new List<VmState>();
        while (await watch.ResponseStream.MoveNext(limit.Token) && watch.ResponseStream.Current.Deleted is null)
        {
            watch.ResponseStream.Current.Vm.Name.ShouldBe("one");
            states.Add(watch.ResponseStream.Current.Vm.Status.State);
        }

        states.ShouldContain(VmState.Paused);
        states[^1].ShouldBe(VmState.Stopped);
        watch.ResponseStream.Current.Deleted.ShouldNotBeNull().Name.ShouldBe("one");
    }

    [Fact]
    public async Task Slow_watcher_misses_states_in_between_and_never_the_last()
    {
        await using var agent = await Agent.StartAsync();
        await agent.Client.CreateAndStartAsync(Guest.Empty("busy"));
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        using var watch = agent.Client.Vms.WatchVms(new WatchVmsRequest(), cancellationToken: limit.Token);
        await watch.ResponseStream.MoveNext(limit.Token);
        for (var i = 0; i < 50; i++)
        {
            await agent.Client.WaitAsync(await agent.Client.Vms.PauseVmAsync(new PauseVmRequest { Vm = "busy" }));
            await agent.Client.WaitAsync(await agent.Client.Vms.ResumeVmAsync(new ResumeVmRequest { Vm = "busy" }));
        }

        var last = (await agent.Client.ForceStopAsync("busy")).Status.Revision;

        while (await watch.ResponseStream.MoveNext(limit.Token))
        {
            if (watch.ResponseStream.Current.Vm is { Status.State: VmState.Stopped } vm && vm.Status.Revision >= last)
            {
                return;
            }
        }

        throw new InvalidOperationException("The watch ended before the last state came.");
    }

    [Fact]
    public async Task Filter_shows_what_matches_and_tells_when_it_no_longer_does()
    {
        await using var agent = await Agent.StartAsync();
        var labelled = Guest.Empty("labelled");
        labelled.Labels["tier"] = "db";
        await agent.Client.CreateAsync(labelled);
        await agent.Client.CreateAsync(Guest.Empty("other"));

        (await agent.Client.ListAsync("labels.tier=db")).Single().Name.ShouldBe("labelled");
        (await agent.Client.ListAsync("state=stopped AND name=other")).Single().Name.ShouldBe("other");
        (await Should.ThrowAsync<RpcException>(() => agent.Client.ListAsync("nonsense"))).Fields().ShouldContain("filter");
    }
}
