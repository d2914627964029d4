namespace NodeAgent.Benchmarks;

/// <summary>How often a state transition waits for the disk: from the agent's own count of its ledger's syncs.</summary>
internal static class Syncs
{
    private const int Pairs = 20;

    public static async Task RunAsync(BenchAgent agent, Results results)
    {
        using var http = new HttpClient();
        await agent.CreateAsync("synced");
        var samples = new List<double>();
        for (var pair = 0; pair < Pairs; pair++)
        {
            var before = await agent.SyncsAsync(http);
            await agent.StartVmAsync("synced");
            await agent.StopVmAsync("synced");

            // Two transitions; the end of the second may be acknowledged a moment before the disk has it.
            samples.Add((await agent.SyncsAsync(http) - before) / 2);
        }

        await agent.DeleteAsync("synced");
        results.Figure("syncs a state transition (start, force-stop)", "syncs", samples, 2);
    }
}
