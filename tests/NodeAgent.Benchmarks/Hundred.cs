using System.Diagnostics;
using NodeAgent.Bindings.Linux;
using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>What a hundred paused guests cost: recovery, scrape, list, memory, idle CPU.</summary>
internal static class Hundred
{
    private const int Guests = 100, SigStop = 19, SigCont = 18;

    public static async Task RunAsync(BenchAgent agent, Results results)
    {
        var emptyRss = Rss(agent);
        var names = Enumerable.Range(0, Guests).Select(i => $"guest-{i:000}").ToArray();
        foreach (var batch in names.Chunk(10))
        {
            await Task.WhenAll(batch.Select(agent.CreateAsync));
            await Task.WhenAll(batch.Select(agent.StartVmAsync));
        }

        await RecoverAsync(agent, results);
        var fullRss = Rss(agent);
        results.Figure("RSS a running VM", "KiB", [(fullRss - emptyRss) / 1024.0 / Guests], 100);
        await ScrapeAsync(agent, results, "scrape with 100 VMs");
        var first = (await agent.Vms.GetVmAsync(new GetVmRequest { Vm = names[0] })).Status.Pid;
        using (var process = PidFd.TryOpen(first)!)
        {
            process.Send(SigStop);
            await ScrapeAsync(agent, results, "scrape with 100 VMs, one SIGSTOPped");
            process.Send(SigCont);
        }

        await ListAsync(agent, results);
        await IdleCpuAsync(agent, results);
        await Task.WhenAll(names.Select(agent.StopVmAsync));
        await Task.WhenAll(names.Select(agent.DeleteAsync));
    }

    private static async Task RecoverAsync(BenchAgent agent, Results results)
    {
        var samples = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            var before = await PidsAsync(agent);
            await agent.KillAsync();
            var began = Stopwatch.GetTimestamp();
            await agent.ExecAsync();
            using var watch = agent.Vms.WatchVms(new WatchVmsRequest());
            var paused = new HashSet<string>();
            while (paused.Count < Guests && await watch.ResponseStream.MoveNext(CancellationToken.None))
            {
                if (watch.ResponseStream.Current.Vm is { Status.State: VmState.Paused } vm)
                {
                    paused.Add(vm.Id);
                }
            }

            samples.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (!before.SetEquals(await PidsAsync(agent)))
            {
                throw new InvalidOperationException("other processes than before the agent's death");
            }
        }

        results.Figure("agent killed, 100 VMs adopted after exec", "ms", samples, 250);
    }

    private static async Task ScrapeAsync(BenchAgent agent, Results results, string name)
    {
        using var http = new HttpClient();
        var samples = new List<double>();
        for (var i = -5; i < 30; i++)
        {
            var time = await agent.ScrapeAsync(http);
            if (i >= 0)
            {
                samples.Add(time);
            }
        }

        results.Figure(name, "ms", samples, 10);
    }

    private static async Task ListAsync(BenchAgent agent, Results results)
    {
        var samples = new List<double>();
        for (var i = 0; i < 15; i++)
        {
            samples.Add(await Starts.TimeAsync(async () =>
            {
                using var nodectl = ChildProcess.Start(new ChildProcessOptions
                {
                    Path = BenchAgent.Binary("nodectl"),
                    Arguments = ["--host", $"unix:{agent.Socket}", "vm", "list"],
                });
                await ExitWatch.WaitAsync(nodectl);
            }));
        }

        results.Figure("nodectl vm list of 100 VMs", "ms", samples, 50, "quoted: virsh list of 100, libvirt 9.0 on another day");
    }

    private static async Task IdleCpuAsync(BenchAgent agent, Results results)
    {
        // Long enough to hold the whole of what the agent does by itself once a minute.
        var wait = TimeSpan.FromSeconds(70);
        var before = ProcUsage.Read(agent.Process.Pid)!.Value.CpuTime;
        await Task.Delay(wait);
        var used = ProcUsage.Read(agent.Process.Pid)!.Value.CpuTime - before;
        results.Figure("idle CPU with 100 VMs", "% of core", [used / wait * 100], 0.2);
    }

    private static async Task<HashSet<int>> PidsAsync(BenchAgent agent) =>
        [.. (await agent.Vms.ListVmsAsync(new ListVmsRequest { PageSize = 1000 })).Vms.Select(vm => vm.Status.Pid)];

    public static long Rss(BenchAgent agent) => ProcUsage.Read(agent.Process.Pid)!.Value.RssBytes;
}
