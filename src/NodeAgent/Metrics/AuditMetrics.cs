using NodeAgent.Audit;
using NodeAgent.Hypervisor.Ledger;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The audit log.</summary>
internal sealed class AuditMetrics
{
    private readonly NodeLedger _ledger;
    private readonly AuditTrail _trail;
    private readonly Counter _failures;
    private readonly Gauge _newest, _oldest;

    public AuditMetrics(MetricsRegistry registry, NodeLedger ledger, AuditTrail trail)
    {
        _ledger = ledger;
        _trail = trail;
        var factory = registry.Factory;
        var records = factory.CreateCounter("nodeagent_audit_records_total", "Records written to the audit log by this agent, by kind.", "kind");
        _failures = factory.CreateCounter("nodeagent_audit_failures_total", "Records that could not be written to the audit log and are lost.");
        _newest = factory.CreateGauge("nodeagent_audit_sequence", "Number of the newest durable record of the audit log.");
        _oldest = factory.CreateGauge("nodeagent_audit_oldest_sequence", "Number of the oldest record of the audit log that is kept.");
        foreach (var kind in Enum.GetValues<AuditKind>().Where(kind => kind is not AuditKind.Unreadable))
        {
            records.WithLabels(Word(kind));
        }

        ledger.Audit.Added += record => records.WithLabels(Word(record.Fact.Kind)).Inc();
        registry.BeforeScrape(Read);
    }

    private static string Word(AuditKind kind) => kind.ToString().ToLowerInvariant();

    private void Read()
    {
        var ends = _ledger.Audit.Ends;
        _newest.Set(ends.Head.Sequence);
        _oldest.Set(ends.Oldest);
        _failures.IncTo(_trail.Failures + _ledger.Counters.AuditLost);
    }
}
