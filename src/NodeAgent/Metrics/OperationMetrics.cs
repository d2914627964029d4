using NodeAgent.Hypervisor.Jobs;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>Operations: how many, how long, how they ended.</summary>
internal sealed class OperationMetrics
{
    private readonly Counter _started;
    private readonly Counter _finished;
    private readonly Histogram _duration;
    private readonly Gauge _running;
    private readonly OperationBook _book;

    public OperationMetrics(MetricsRegistry registry, OperationBook book)
    {
        _book = book;
        _started = registry.Factory.CreateCounter("nodeagent_operations_started_total", "Operations that began, by verb.", "verb");
        _finished = registry.Factory.CreateCounter("nodeagent_operations_finished_total", "Operations that ended, by verb and result (succeeded, failed, cancelled).", "verb", "result");
        _duration = registry.Factory.CreateHistogram(
            "nodeagent_operation_duration_seconds", "Time from an operation's begin to its end, by verb.", ["verb"],
            new HistogramConfiguration { Buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120] });
        _running = registry.Factory.CreateGauge("nodeagent_operations_running", "Operations under way.");
        book.Changed += Record;
        _running.Set(book.RunningCount);
    }

    private void Record(Operation operation)
    {
        _running.Set(_book.RunningCount);
        if (!operation.IsDone)
        {
            _started.WithLabels(operation.Verb).Inc();
            return;
        }

        _finished.WithLabels(operation.Verb, operation.State.ToString().ToLowerInvariant()).Inc();
        _duration.WithLabels(operation.Verb).Observe(((operation.Ended ?? operation.Updated) - operation.Created).TotalSeconds);
    }
}
