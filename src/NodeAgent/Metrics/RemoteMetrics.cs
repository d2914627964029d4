using NodeAgent.Tls;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The node's certificate, and who is connected from elsewhere.</summary>
internal sealed class RemoteMetrics
{
    public RemoteMetrics(MetricsRegistry registry, CredentialStore credentials, RemoteConnections connections)
    {
        var notAfter = registry.Factory.CreateGauge(
            "nodeagent_certificate_not_after_seconds", "When the node's certificate ends, in Unix time; 0 when it has none.");
        var notBefore = registry.Factory.CreateGauge(
            "nodeagent_certificate_not_before_seconds", "When the node's certificate begins, in Unix time; 0 when it has none.");
        var open = registry.Factory.CreateGauge("nodeagent_remote_connections", "Open connections from elsewhere.");
        registry.BeforeScrape(() =>
        {
            notAfter.Set(credentials.Current?.NotAfter.ToUnixTimeSeconds() ?? 0);
            notBefore.Set(credentials.Current?.NotBefore.ToUnixTimeSeconds() ?? 0);
            open.Set(connections.Count);
        });
    }
}
