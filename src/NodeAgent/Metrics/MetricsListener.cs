namespace NodeAgent.Metrics;

/// <summary>Marks a connection that came in by the metrics address.</summary>
internal sealed class MetricsListener
{
    private MetricsListener()
    {
    }

    public static MetricsListener Instance { get; } = new();
}
