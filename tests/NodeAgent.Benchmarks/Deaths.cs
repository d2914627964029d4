using NodeAgent.Bindings.Linux;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>From kill -9 of a QEMU to a watcher's event, against the process's own end.</summary>
internal static class Deaths
{
    private const int Pairs = 15;

    public static async Task RunAsync(BenchAgent agent, Results results)
    {
        await agent.CreateAsync("mortal");
        var rendered = await agent.Vms.RenderCommandLineAsync(new RenderCommandLineRequest { Vm = "mortal" });
        string[] arguments = [.. Starts.Bare(rendered.Arguments)];
        using var watch = agent.Vms.WatchVms(new WatchVmsRequest());
        var pairs = new List<(double, double)>();
        for (var pair = -2; pair < Pairs; pair++)
        {
            await agent.StartVmAsync("mortal");
            var vm = await agent.Vms.GetVmAsync(new GetVmRequest { Vm = "mortal" });
            using var process = PidFd.TryOpen(vm.Status.Pid)!;
            while (await watch.ResponseStream.MoveNext(CancellationToken.None)
                && watch.ResponseStream.Current.Vm?.Status.State != VmState.Paused)
            {
                // Catch up with the start.
            }

            var agentTime = await Starts.TimeAsync(async () =>
            {
                process.Send(PidFd.Kill);
                while (await watch.ResponseStream.MoveNext(CancellationToken.None)
                    && watch.ResponseStream.Current.Vm?.Status.State != VmState.Stopped)
                {
                    // Until the watcher is told.
                }
            });

            using var floor = new Floor();
            floor.Start(rendered.Binary, arguments);
            var floorTime = await Starts.TimeAsync(floor.KillAsync);
            if (pair >= 0)
            {
                pairs.Add((agentTime, floorTime));
            }
        }

        await agent.DeleteAsync("mortal");
        results.Difference("kill -9 of a QEMU to a watcher's event", pairs, 5);
    }
}
