using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>Commands to QEMUs.</summary>
internal sealed class QmpMetrics
{
    private readonly Counter _commands;
    private readonly Histogram _duration;

    public QmpMetrics(MetricsRegistry registry)
    {
        _commands = registry.Factory.CreateCounter(
            "nodeagent_qmp_commands_total", "QMP commands by name and result (answered, refused, silent).", "command", "result");
        _duration = registry.Factory.CreateHistogram(
            "nodeagent_qmp_command_duration_seconds", "Time from a QMP command to its answer, or to the end of the wait.",
            new HistogramConfiguration { Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5] });
    }

    /// <summary>A command was answered, or given up.</summary>
    public void Record(string command, string result, TimeSpan duration)
    {
        _commands.WithLabels(command, result).Inc();
        _duration.Observe(duration.TotalSeconds);
    }
}
