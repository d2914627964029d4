using System.Diagnostics;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>The manager goes, hangs, comes back and moves. The node tells it everything, once, and guests notice nothing.</summary>
public sealed class LeaderLossTests
{
    [Fact]
    public async Task Manager_killed_amid_events_gets_each_of_them_once_and_guests_run_on()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.Client.UntilPrintedAsync(vm.Id, "tick 1");

        for (var round = 0; round < 2; round++)
        {
            // Events without a pause, before, during and after the kill.
            using var enough = new CancellationTokenSource();
            var busy = ActAsync(agent, $"round-{round}", enough.Token);
            var begun = await agent.NewestEventAsync() + 10;
            await leader.UntilEventsAsync(id, begun);
            await leader.KillAsync();
            await agent.UntilDisconnectedAsync();
            await enough.CancelAsync();
            await busy;

            await leader.StartAgainAsync();
            await agent.UntilConnectedAsync();
        }

        await ShouldHoldAllAsync(leader, agent);
        (await leader.NodeAsync(id)).EventsLost.ShouldBe(0);
        var now = await agent.Client.GetAsync(vm.Id);
        now.Status.Pid.ShouldBe(vm.Status.Pid);
        Ticks.ShouldBeOneRun(await agent.Client.ReadConsoleLogAsync(vm.Id));
    }

    [Fact]
    public async Task Manager_that_is_silent_is_noticed_by_its_lease()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        await agent.UntilMemberAsync(now => now.Session.AcknowledgedEvent > 0, "heard");

        // Its kernel goes on taking what is sent: no keepalive of TCP or HTTP/2 would say anything for a long time.
        leader.FreezeNow();
        var begin = Stopwatch.GetTimestamp();
        var alone = await agent.UntilDisconnectedAsync();
        var noticed = Stopwatch.GetElapsedTime(begin);

        // The interval is a second: one lease goes out within it, and its answer is due within the next.
        TestContext.Current.TestOutputHelper?.WriteLine($"Noticed after {noticed.TotalMilliseconds:0} ms");
        noticed.ShouldBeLessThan(TimeSpan.FromSeconds(4));
        alone.Session.Problem.ShouldContain("lease");
        await agent.Client.CreateAsync(Guest.Empty("meanwhile"));

        leader.ThawNow();
        await agent.UntilConnectedAsync();
        await ShouldHoldAllAsync(leader, agent);
        var known = await leader.Admin.ListVmsAsync(new ReferenceManager.Admin.V1.ListVmsRequest { Node = id });
        known.Vms.ShouldHaveSingleItem().Vm.Name.ShouldBe("meanwhile");
    }

    [Fact]
    public async Task Node_goes_to_the_next_endpoint_when_one_is_lost()
    {
        await using var leader = await FleetLeader.StartAsync();
        var second = leader.OtherAddress;
        await using var agent = await leader.StartMemberAsync();
        await leader.Admin.AnnounceEndpointsAsync(new ReferenceManager.Admin.V1.AnnounceEndpointsRequest { Endpoints = { leader.Address, second } });
        await agent.UntilMemberAsync(now => now.Endpoints.Count == 2, "told");

        // Another manager on the same data, elsewhere.
        await leader.KillAsync();
        await leader.StartAgainAsync(second);

        (await agent.UntilConnectedAsync()).Session.Endpoint.ShouldBe(second);
    }

    [Fact]
    public async Task Agent_killed_and_started_is_the_same_node_with_a_new_session()
    {
        await using var leader = await FleetLeader.StartAsync();
        await using var agent = await leader.StartMemberAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        var id = await agent.NodeIdAsync();
        var before = await leader.UntilNodeAsync(id, node => node.VmsRunning == 1, "running a VM");

        await agent.KillAsync();
        await leader.UntilNodeAsync(id, node => node.State == "lost", "lost");
        var last = (await leader.Admin.ListVmsAsync(new ReferenceManager.Admin.V1.ListVmsRequest { Node = id })).Vms.ShouldHaveSingleItem();
        last.Current.ShouldBeFalse();
        last.Vm.Status.State.ShouldBe(VmState.Running, "lost is not dead");
        await agent.StartAgainAsync();
        await agent.UntilConnectedAsync();

        var after = await leader.UntilNodeAsync(id, node => node.State == "connected" && node.VmsRunning == 1, "running a VM again");
        after.AgentEpoch.ShouldBeGreaterThan(before.AgentEpoch);
        after.BootId.ShouldBe(before.BootId);
        after.EventLogId.ShouldBe(before.EventLogId);
        after.CertificateSerial.ShouldBe(before.CertificateSerial);
        (await agent.Client.GetAsync(vm.Id)).Status.Pid.ShouldBe(vm.Status.Pid);
        await ShouldHoldAllAsync(leader, agent);
    }

    /// <summary>The manager holds exactly what the node has on record.</summary>
    internal static async Task ShouldHoldAllAsync(FleetLeader leader, Agent agent)
    {
        var own = await agent.Client.ListEventsAsync();
        var held = await leader.UntilEventsAsync(await agent.NodeIdAsync(), own[^1].Sequence);
        held.Select(one => one.Sequence).ShouldBe(Enumerable.Range(1, own.Count).Select(number => (long)number));
        held.ShouldBe(own);
    }

    /// <summary>Makes events until it is told that it is enough.</summary>
    internal static async Task ActAsync(Agent agent, string name, CancellationToken enough)
    {
        for (var number = 0; !enough.IsCancellationRequested; number++)
        {
            var vm = await agent.Client.CreateAsync(Guest.Empty($"{name}-{number}"));
            await agent.Client.DeleteAsync(vm.Id);
        }
    }
}
