using NodeAgent.FunctionalTests.Isolation;

namespace NodeAgent.FunctionalTests.Simulation;

/// <summary>
/// A fleet as a manager sees it, each node a program of its own with 50 VMs: nobody's lease is late, an inventory is told
/// whole once a session and in pieces from then on, and after the loss of the manager all of it is there again.
/// </summary>
[Collection(nameof(AloneCollection)), Trait(Effort.Trait, Effort.Scaled)]
public sealed class SimulatedFleetTests
{
    private const int VmsEach = 50, ChangesASecond = 10;

    [Fact]
    public async Task Fleet_is_known_whole_and_then_by_what_changes()
    {
        // What 200 nodes cost is a figure, and measured by the benchmark.
        var nodes = Effort.Pick(5, 25);
        await using var fleet = await SimulatedFleet.StartAsync(Artifacts.Nodeagentd, TimeSpan.FromSeconds(Effort.Pick(1, 2)));
        await fleet.GrowAsync(nodes, VmsEach);

        await fleet.Manager.KillAsync();
        await fleet.Manager.StartAgainAsync();
        await Task.WhenAll(fleet.Nodes.Select(node => node.UntilConnectedAsync(TimeSpan.FromMilliseconds(100))));
        await fleet.UntilRunningAsync(nodes * VmsEach);
        var before = (await fleet.Manager.StatusAsync()).Counters;
        before.WholeInventories.ShouldBe(before.Sessions);

        var churned = await fleet.ChurnAsync(VmsEach, ChangesASecond, TimeSpan.FromSeconds(Effort.Pick(5, 30)));
        await fleet.UntilRunningAsync(nodes * VmsEach);

        var now = await fleet.Manager.StatusAsync();
        now.NodesConnected.ShouldBe(nodes);
        now.Vms.ShouldBe(nodes * VmsEach);
        now.Counters.Sessions.ShouldBe(nodes, "a session was lost");
        now.Counters.WholeInventories.ShouldBe(nodes, "an inventory was told whole a second time");
        (now.Counters.InventoryDeltas - before.InventoryDeltas).ShouldBeGreaterThanOrEqualTo(2 * churned);
        now.Counters.LateLeases.ShouldBe(0);
        now.Counters.Leases.ShouldBeGreaterThan(nodes);
    }
}
