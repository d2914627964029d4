using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>All series of this agent, and nothing else: the library's own default metrics fail promtool's check.</summary>
internal sealed class MetricsRegistry
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();

    public MetricsRegistry() => Factory = Prometheus.Metrics.WithCustomRegistry(_registry);

    /// <summary>Makes series in this registry.</summary>
    public MetricFactory Factory { get; }

    /// <summary>Runs <paramref name="read"/> before each scrape. Only for what is read in microseconds from this very process.</summary>
    public void BeforeScrape(Action read) => _registry.AddBeforeCollectCallback(read);

    /// <summary>Writes all series in the text format.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellation) => _registry.CollectAndExportAsTextAsync(output, cancellation);
}
