using NodeAgent.Configuration;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The configuration in force.</summary>
internal sealed class ConfigMetrics
{
    private readonly Counter _reloads;
    private readonly Gauge _good;
    private readonly Gauge _pending;

    public ConfigMetrics(MetricsRegistry registry)
    {
        _reloads = registry.Factory.CreateCounter(
            "nodeagent_config_reloads_total", "Times the configuration was read again, by result (good, bad).", "result");
        _good = registry.Factory.CreateGauge(
            "nodeagent_config_last_reload_successful", "1 when the configuration that was read last is good; with 0 an older one is in force.");
        _pending = registry.Factory.CreateGauge(
            "nodeagent_config_pending_keys", "Keys whose new value waits for a restart of the agent.");
        _reloads.WithLabels("good");
        _reloads.WithLabels("bad");
        _good.Set(1);
    }

    public void Record(ReloadOutcome outcome)
    {
        _reloads.WithLabels(outcome.IsGood ? "good" : "bad").Inc();
        _good.Set(outcome.IsGood ? 1 : 0);
        if (outcome.IsGood)
        {
            _pending.Set(outcome.Pending.Length);
        }
    }
}
