using NodeAgent.V1;

namespace NodeAgent.Benchmarks;

/// <summary>One VM read over the socket.</summary>
internal static class Reads
{
    public static async Task RunAsync(BenchAgent agent, Results results)
    {
        await agent.CreateAsync("read");
        var samples = new List<double>();
        for (var i = -500; i < 3000; i++)
        {
            var time = await Starts.TimeAsync(async () => await agent.Vms.GetVmAsync(new GetVmRequest { Vm = "read" }));
            if (i >= 0)
            {
                samples.Add(time);
            }
        }

        await agent.DeleteAsync("read");
        results.Figure("GetVm over the socket", "ms", samples, 0.4);
    }
}
