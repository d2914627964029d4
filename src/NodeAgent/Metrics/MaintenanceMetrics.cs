using NodeAgent.Hypervisor.Vms;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>Whether the node starts VMs, and since when not.</summary>
internal sealed class MaintenanceMetrics
{
    public MaintenanceMetrics(MetricsRegistry registry, StartGate gate)
    {
        var maintenance = registry.Factory.CreateGauge("nodeagent_node_maintenance", "1 while the node is in maintenance and starts no VMs.");
        var since = registry.Factory.CreateGauge("nodeagent_node_maintenance_enter_time_seconds", "When the node went into maintenance, in Unix time; 0 when it is in service.");
        registry.BeforeScrape(() =>
        {
            maintenance.Set(gate.Maintenance is null ? 0 : 1);
            since.Set(gate.Maintenance?.Since.ToUnixTimeSeconds() ?? 0);
        });
    }
}
