using System.Diagnostics;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Fleets;

/// <summary>The wire between a node and its manager is cut amid events, and mended. Neither end is told by anybody but the other's silence.</summary>
public sealed class PartitionTests
{
    [Fact]
    public async Task Wire_cut_amid_events_and_mended_loses_none_and_touches_no_guest()
    {
        await using var network = await SeparateNetwork.MakeAsync();
        var address = $"{network.ThereAddress}:7443";
        await using var leader = await FleetLeader.StartByAsync(network.Run, "--lease-interval", "1s", "--listen", address);
        await using var agent = await leader.StartMemberAsync();
        var id = await agent.NodeIdAsync();
        var vm = await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "tick"));
        await agent.Client.UntilPrintedAsync(vm.Id, "tick 1");
        (await leader.UntilNodeAsync(id, node => node.VmsRunning == 1, "running a VM")).Sessions.ShouldBe(1);

        for (var round = 0; round < 2; round++)
        {
            using var enough = new CancellationTokenSource();
            var busy = LeaderLossTests.ActAsync(agent, $"round-{round}", enough.Token);
            await leader.UntilEventsAsync(id, await agent.NewestEventAsync() + 10);
            await network.CutAsync();
            var begin = Stopwatch.GetTimestamp();
            var alone = await agent.UntilDisconnectedAsync();
            var noticed = Stopwatch.GetElapsedTime(begin);
            await leader.UntilNodeAsync(id, node => node.State == "lost", "lost");

            // While nobody hears of it, the node goes on working.
            await enough.CancelAsync();
            await busy;
            await agent.Client.CreateAsync(Guest.Empty($"alone-{round}"));
            TestContext.Current.TestOutputHelper?.WriteLine($"Noticed after {noticed.TotalMilliseconds:0} ms: {alone.Session.Problem}");
            noticed.ShouldBeLessThan(TimeSpan.FromSeconds(4));

            await network.MendAsync();
            await agent.UntilConnectedAsync();
            await leader.UntilNodeAsync(id, node => node.State == "connected" && node.Vms == 2 + round, "whole again");
        }

        await LeaderLossTests.ShouldHoldAllAsync(leader, agent);
        (await leader.NodeAsync(id)).EventsLost.ShouldBe(0);
        (await agent.Client.GetAsync(vm.Id)).Status.Pid.ShouldBe(vm.Status.Pid);
        Ticks.ShouldBeOneRun(await agent.Client.ReadConsoleLogAsync(vm.Id));
    }
}
