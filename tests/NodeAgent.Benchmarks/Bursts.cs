using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>Twenty starts at once, against twenty threads that each start one bare.</summary>
internal static class Bursts
{
    private const int Pairs = 5, AtOnce = 20;

    public static async Task RunAsync(BenchAgent agent, Results results)
    {
        var names = Enumerable.Range(0, AtOnce).Select(i => $"burst-{i}").ToArray();
        await Task.WhenAll(names.Select(agent.CreateAsync));
        var rendered = await agent.Vms.RenderCommandLineAsync(new RenderCommandLineRequest { Vm = names[0] });
        string[] arguments = [.. Starts.Bare(rendered.Arguments)];
        var pairs = new List<(double, double)>();
        for (var pair = -1; pair < Pairs; pair++)
        {
            var agentTime = await Starts.TimeAsync(() => Task.WhenAll(names.Select(agent.StartVmAsync)));
            await Task.WhenAll(names.Select(agent.StopVmAsync));

            var floors = names.Select(_ => new Floor()).ToArray();
            var floorTime = await Starts.TimeAsync(() => Task.WhenAll(floors.Select(floor =>
                Task.Factory.StartNew(() => floor.Start(rendered.Binary, arguments), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))));
            foreach (var floor in floors)
            {
                await floor.KillAsync();
                floor.Dispose();
            }

            if (pair >= 0)
            {
                pairs.Add((agentTime, floorTime));
            }
        }

        await Task.WhenAll(names.Select(agent.DeleteAsync));
        results.Ratio("20 starts at once", pairs, 1.4);
    }
}
