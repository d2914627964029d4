using System.Diagnostics;
using NodeAgent.FunctionalTests.Boxes;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>Start to paused, and force-stop, each against the floor.</summary>
internal static class Starts
{
    private const int Pairs = 21;

    public static async Task RunAsync(BenchAgent agent, Results results)
    {
        var (starts, stops) = await MeasureAsync(agent);
        results.Ratio("start to paused, acknowledged", starts, 1.3);
        results.Difference("force-stop to reported and durable", stops, 5);
    }

    /// <summary>The same with QEMU in units of systemd; where a host with systemd can be had.</summary>
    public static async Task RunInUnitsAsync(Results results)
    {
        if (BoxMachine.ReasonAgainst is { } reason)
        {
            Console.Error.WriteLine($"bench: no figures for units of systemd: {reason}");
            return;
        }

        await using var box = await BenchBox.StartAsync();
        var (starts, stops) = await MeasureAsync(box);
        results.Ratio("start to paused, in a unit of systemd", starts, 3);
        results.Difference("force-stop of a unit to reported and durable", stops, 5);
    }

    private static async Task<(List<(double Agent, double Floor)> Starts, List<(double Agent, double Floor)> Stops)> MeasureAsync(BenchClient agent)
    {
        await agent.CreateAsync("one");
        var rendered = await agent.Vms.RenderCommandLineAsync(new RenderCommandLineRequest { Vm = "one" });
        string[] arguments = [.. Bare(rendered.Arguments)];
        var starts = new List<(double, double)>();
        var stops = new List<(double, double)>();
        for (var pair = -2; pair < Pairs; pair++)
        {
            var (agentStart, agentStop) = (await TimeAsync(() => agent.StartVmAsync("one")), await TimeAsync(() => agent.StopVmAsync("one")));
            using var floor = new Floor();
            var (floorStart, floorStop) = (Time(() => floor.Start(rendered.Binary, arguments)), await TimeAsync(floor.KillAsync));

            // The first two warm both sides up: the compiler here, the page cache there.
            if (pair >= 0)
            {
                starts.Add((agentStart, floorStart));
                stops.Add((agentStop, floorStop));
            }
        }

        await agent.DeleteAsync("one");
        return (starts, stops);
    }

    /// <summary>The argument list without what names the agent's own directory, which is not there for the floor.</summary>
    public static IEnumerable<string> Bare(IEnumerable<string> arguments)
    {
        var skip = false;
        foreach (var argument in arguments)
        {
            if (skip || argument is "-pidfile")
            {
                skip = !skip;
                continue;
            }

            yield return argument;
        }
    }

    public static async Task<double> TimeAsync(Func<Task> work)
    {
        var began = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    public static double Time(Action work)
    {
        var began = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
