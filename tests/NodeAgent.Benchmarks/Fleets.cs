using System.Diagnostics;
using NodeAgent.FunctionalTests.Simulation;
using ReferenceManager.Admin.V1;

namespace NodeAgent.Benchmarks;

/// <summary>
/// Nodes and their manager: how soon a node is at work, how soon after a manager's restart, and what two hundred simulated
/// nodes with fifty VMs each cost one manager.
/// </summary>
internal static class Fleets
{
    private const int Nodes = 200, VmsEach = 50, ChangesASecond = 10;

    private static readonly TimeSpan LeaseInterval = TimeSpan.FromSeconds(5), Steady = TimeSpan.FromSeconds(75);

    // What the agent's back-off begins with, and what a session must have lasted for it to begin anew.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500), LastingSession = TimeSpan.FromSeconds(11);

    public static async Task RunAsync(Results results)
    {
        await EnrolAsync(results);
        await using var fleet = await SimulatedFleet.StartAsync(BenchAgent.Binary("nodeagentd"), LeaseInterval);
        var began = Stopwatch.GetTimestamp();
        await fleet.GrowAsync(Nodes, VmsEach);
        Console.Error.WriteLine($"bench: {Nodes} nodes with {VmsEach} VMs each after {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        await Task.Delay(LastingSession);
        await ResumeAsync(results, fleet.Manager, fleet.Nodes, $"{Nodes} nodes");
        await HoldAsync(results, fleet);
    }

    /// <summary>From the request to join until the session is open, on a real node; and what the manager's restart costs a node that is alone with it.</summary>
    private static async Task EnrolAsync(Results results)
    {
        var directory = Directory.CreateTempSubdirectory("nodeagent-bench-enrol-");
        await using (var manager = await LeadingProgram.StartAsync(Path.Combine(directory.FullName, "manager"), LeaseInterval))
        {
            var samples = new List<double>();
            for (var i = 0; i < 20; i++)
            {
                await using var node = FleetNode.Launch(BenchAgent.Binary("nodeagentd"), Path.Combine(directory.FullName, $"node-{i}"));
                await node.UntilReadyAsync();
                samples.Add(await node.JoinAsync(await manager.TokenAsync()));
                await node.LeaveAsync();
            }

            results.Figure("enrol to ready", "ms", samples, 1000);
            await using var alone = FleetNode.Launch(BenchAgent.Binary("nodeagentd"), Path.Combine(directory.FullName, "alone"));
            await alone.UntilReadyAsync();
            await alone.JoinAsync(await manager.TokenAsync());
            await Task.Delay(LastingSession);
            await ResumeAsync(results, manager, [alone], "1 node");
            await alone.LeaveAsync();
        }

        directory.Delete(recursive: true);
    }

    /// <summary>The manager is killed and comes back: how long each session takes from then on, measured by the back-off that its node had come to.</summary>
    private static async Task ResumeAsync(Results results, LeadingProgram manager, IReadOnlyCollection<FleetNode> nodes, string name)
    {
        var lossesBefore = await Task.WhenAll(nodes.Select(node => node.CountLossesAsync()));
        await manager.KillAsync();
        var back = await manager.StartAgainAsync();

        // The manager is asked, and not two hundred nodes all the while: they have enough to do.
        var connected = new Dictionary<string, long>();
        while (connected.Count < nodes.Count)
        {
            foreach (var node in (await manager.Admin.ListNodesAsync(new ListNodesRequest())).Nodes.Where(node => node.State == "connected"))
            {
                connected.TryAdd(node.Id, Stopwatch.GetTimestamp());
            }

            await Task.Delay(25);
        }

        var losses = await Task.WhenAll(nodes.Select(node => node.CountLossesAsync()));

        // Each loss or failure that is told doubles the pause that follows it; the pauses themselves are drawn around that.
        var ratios = nodes.Select((node, i) =>
            Math.Max(0, Stopwatch.GetElapsedTime(back, connected[node.Id]) / (FirstPause * Math.Pow(2, losses[i] - lossesBefore[i] - 1)))).ToArray();
        results.Figure($"session after a manager's restart, {name}", "× back-off", ratios, 2);
        results.Figure("  the slowest of them", "× back-off", [ratios.Max()], 2);
    }

    /// <summary>Everybody is there, and here and there something changes.</summary>
    private static async Task HoldAsync(Results results, SimulatedFleet fleet)
    {
        await fleet.UntilRunningAsync(Nodes * VmsEach);
        var before = (await fleet.Manager.StatusAsync()).Counters;
        var cpuBefore = (Manager: fleet.Manager.Process.Usage.CpuTime, Agents: AgentsCpu());
        var began = Stopwatch.GetTimestamp();
        var changes = 2 * await fleet.ChurnAsync(VmsEach, ChangesASecond / 2, Steady);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var cpu = (Manager: fleet.Manager.Process.Usage.CpuTime - cpuBefore.Manager, Agents: AgentsCpu() - cpuBefore.Agents);
        var now = (await fleet.Manager.StatusAsync()).Counters;
        Console.Error.WriteLine($"bench: {changes} changes of VMs in {seconds:0} s; {now.Leases - before.Leases} leases, {now.InventoryDeltas - before.InventoryDeltas} deltas, {now.Events - before.Events} events");

        // Counted from the manager's restart on, so that two hundred sessions at once are among it.
        results.Figure("late leases", "count", [now.LateLeases], 0);
        results.Figure("delay of a lease, p99", "ms", [now.LeaseDelayP99.ToTimeSpan().TotalMilliseconds], 500);
        results.Figure("delay of a lease, longest", "ms", [now.LeaseDelayMax.ToTimeSpan().TotalMilliseconds], LeaseInterval.TotalMilliseconds / 2);
        results.Figure("inventories told whole, one a session", "count", [now.WholeInventories], Nodes);
        results.Figure("sessions lost in the meantime", "count", [now.Sessions - Nodes], 0);
        results.Figure("inventory deltas a change of a VM", "count", [(now.InventoryDeltas - before.InventoryDeltas - (Nodes * seconds / 60)) / changes], 4);
        results.Figure("inventory deltas", "a second", [(now.InventoryDeltas - before.InventoryDeltas) / seconds], 100);
        results.Figure("the manager's syncs", "a second", [(now.Commits - before.Commits) / seconds], 200);
        results.Figure("the manager's CPU", "% of a core", [cpu.Manager.TotalSeconds / seconds * 100], 50);
        results.Figure("200 agents' CPU", "% of a core", [cpu.Agents.TotalSeconds / seconds * 100], 100);
        results.Figure("RSS of the manager", "MiB", [Mebibytes(fleet.Manager.Process)], 512);
        results.Figure("RSS of a simulated agent", "MiB", [.. fleet.Nodes.Select(node => Mebibytes(node.Process))], 64);

        TimeSpan AgentsCpu() => fleet.Nodes.Aggregate(TimeSpan.Zero, (sum, node) => sum + node.Process.Usage.CpuTime);
    }

    private static double Mebibytes(OwnProcess process) => process.Usage.RssBytes / 1048576.0;
}
