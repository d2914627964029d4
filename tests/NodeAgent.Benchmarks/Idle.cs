namespace NodeAgent.Benchmarks;

/// <summary>An agent of its own, without guests: how soon it serves, and what it weighs.</summary>
internal static class Idle
{
    public static async Task RunAsync(Results results)
    {
        var serving = new List<double>();
        var rss = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            await using var agent = await BenchAgent.StartAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
            rss.Add(Hundred.Rss(agent) / 1024.0 / 1024.0);
            await agent.KillAsync();
            serving.Add(await agent.ExecAsync());
        }

        results.Figure("exec to serving", "ms", serving, 80);
        results.Figure("RSS idle", "MiB", rss, 35);
    }
}
