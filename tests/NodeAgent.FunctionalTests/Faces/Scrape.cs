using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>One answer of the metrics address.</summary>
internal sealed record Scrape(string Text)
{
    /// <summary>Prometheus's own time-out is 10 s; an agent that needs so long is of no use to it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Takes one.</summary>
    public static async Task<Scrape> TakeAsync(Agent agent)
    {
        using var http = new HttpClient { Timeout = Patience };
        return new Scrape(await http.GetStringAsync(new Uri($"http://{agent.MetricsAddress}/metrics")));
    }

    /// <summary>Scrapes until something is to be seen; the agent samples beside the scrapes, while somebody scrapes.</summary>
    public static async Task<Scrape> UntilAsync(Agent agent, Func<Scrape, bool> isWanted, string wanted)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        while (true)
        {
            var scrape = await TakeAsync(agent);
            if (isWanted(scrape))
            {
                return scrape;
            }

            limit.IsCancellationRequested.ShouldBeFalse($"{wanted} is not to be seen:\n{scrape.Text}");
            await Task.Delay(50);
        }
    }

    /// <summary>The value of a series, written as in the text; null when it is not there.</summary>
    public double? this[string series] => Text.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal)) is { } line
        ? double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture)
        : null;

    /// <summary>The names of all series of a VM.</summary>
    public IReadOnlyList<string> NamesOf(string vm) =>
        [.. Text.Split('\n').Where(line => line.Contains($"vm=\"{vm}\"")).Select(line => line[..line.IndexOf('{')]).Distinct()];

    /// <summary>The names of all families that are described.</summary>
    public IReadOnlyList<string> Families =>
        [.. Text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];
}
