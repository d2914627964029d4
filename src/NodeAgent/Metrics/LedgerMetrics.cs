using NodeAgent.Hypervisor.Ledger;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The ledger and its event log. It counts by itself; a scrape copies its figures from memory.</summary>
internal sealed class LedgerMetrics
{
    private readonly NodeLedger _ledger;
    private readonly Counter _commits, _batches, _refused, _failed, _checkpoints, _events, _trimmed, _lost;
    private readonly Gauge _lastCommit, _state, _pending, _newest, _oldest;

    public LedgerMetrics(MetricsRegistry registry, NodeLedger ledger)
    {
        _ledger = ledger;
        var factory = registry.Factory;
        _commits = factory.CreateCounter("nodeagent_ledger_commits_total", "Transactions made durable; each is one sync.");
        _batches = factory.CreateCounter("nodeagent_ledger_batches_total", "Batches made durable; one sync serves all that queued meanwhile.");
        _refused = factory.CreateCounter("nodeagent_ledger_refused_total", "Batches refused for what is stored: a name that is taken, a repeated request.");
        _failed = factory.CreateCounter("nodeagent_ledger_failed_total", "Batches not written because the disk or the file failed.");
        _checkpoints = factory.CreateCounter("nodeagent_ledger_checkpoints_total", "Copies of the log file back into the database.");
        _lastCommit = factory.CreateGauge("nodeagent_ledger_last_commit_duration_seconds", "How long the last transaction took, its sync included.");
        _state = factory.CreateGauge("nodeagent_ledger_state", "1 for the state that the ledger is in (ok, full, failing, damaged), 0 for the others.", "state");
        _pending = factory.CreateGauge("nodeagent_ledger_pending_events", "Events that wait in memory for a disk that takes nothing.");
        _events = factory.CreateCounter("nodeagent_events_recorded_total", "Events written to the log by this agent.");
        _trimmed = factory.CreateCounter("nodeagent_events_trimmed_total", "Events removed from the log for their age or number.");
        _lost = factory.CreateCounter("nodeagent_events_lost_total", "Events lost because the disk took nothing for longer than memory could hold them.");
        _newest = factory.CreateGauge("nodeagent_events_newest_sequence", "Number of the newest durable event.");
        _oldest = factory.CreateGauge("nodeagent_events_oldest_sequence", "Number of the oldest event that is kept.");
        registry.BeforeScrape(Read);
    }

    private void Read()
    {
        var counters = _ledger.Counters;
        _commits.IncTo(counters.Commits);
        _batches.IncTo(counters.Batches);
        _refused.IncTo(counters.Refused);
        _failed.IncTo(counters.Failed);
        _checkpoints.IncTo(counters.Checkpoints);
        _lastCommit.Set(counters.LastCommit.TotalSeconds);
        _events.IncTo(counters.Events);
        _trimmed.IncTo(counters.EventsTrimmed);
        _lost.IncTo(counters.EventsLost);
        _newest.Set(_ledger.Events.Newest.Sequence);
        _oldest.Set(_ledger.Events.Oldest.Sequence + 1);
        var health = _ledger.Health;
        _pending.Set(health.PendingEvents);
        foreach (var state in Enum.GetValues<LedgerState>())
        {
            _state.WithLabels(state.ToString().ToLowerInvariant()).Set(state == health.State ? 1 : 0);
        }
    }
}
