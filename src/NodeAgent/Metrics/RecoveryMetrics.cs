using NodeAgent.Hypervisor.Vms;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>What the recovery after this agent's start did.</summary>
internal sealed class RecoveryMetrics
{
    private readonly Gauge _done, _vms, _operations, _duration;

    public RecoveryMetrics(MetricsRegistry registry)
    {
        var factory = registry.Factory;
        _done = factory.CreateGauge("nodeagent_recovery_done", "1 once every VM on record has been looked after.");
        _vms = factory.CreateGauge("nodeagent_recovery_vms", "VMs by what recovery found: adopted, stopped, quarantined, silent.", "result");
        _operations = factory.CreateGauge("nodeagent_recovery_operations", "Operations that an earlier agent left open and that were settled.");
        _duration = factory.CreateGauge("nodeagent_recovery_duration_seconds", "How long recovery took.");
    }

    public void Record(RecoveryReport report)
    {
        _vms.WithLabels("adopted").Set(report.Adopted);
        _vms.WithLabels("stopped").Set(report.Stopped);
        _vms.WithLabels("quarantined").Set(report.Quarantined);
        _vms.WithLabels("silent").Set(report.Silent);
        _operations.Set(report.OperationsSettled);
        _duration.Set(report.Duration.TotalSeconds);
        _done.Set(1);
    }
}
