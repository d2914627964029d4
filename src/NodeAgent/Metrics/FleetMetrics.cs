using NodeAgent.Fleet;

namespace NodeAgent.Metrics;

/// <summary>The node's membership in a fleet.</summary>
internal sealed class FleetMetrics
{
    public FleetMetrics(MetricsRegistry registry, FleetDesk fleet, Func<long> newestEvent)
    {
        var joined = registry.Factory.CreateGauge("nodeagent_fleet_joined", "1 when the node is in a fleet.");
        var connected = registry.Factory.CreateGauge("nodeagent_manager_connected", "1 while a session with the manager is open and its leases are answered.");
        var sessions = registry.Factory.CreateCounter("nodeagent_manager_sessions_total", "Sessions with a manager that were opened.");
        var leases = registry.Factory.CreateCounter("nodeagent_manager_leases_total", "Leases that the manager answered.");
        var waiting = registry.Factory.CreateGauge("nodeagent_manager_events_waiting", "Events that the manager has not acknowledged; 0 when the node is in no fleet.");
        var failing = registry.Factory.CreateGauge("nodeagent_certificate_renewal_failing", "1 when the last attempt to renew the node's certificate failed.");
        registry.BeforeScrape(() =>
        {
            var isMember = fleet.Store.Current is not null;
            joined.Set(isMember ? 1 : 0);
            connected.Set(fleet.Board.Now.IsConnected ? 1 : 0);
            sessions.IncTo(fleet.Board.Sessions);
            leases.IncTo(fleet.Board.Leases);
            waiting.Set(isMember ? Math.Max(0, newestEvent() - fleet.Board.AcknowledgedEvent) : 0);
            failing.Set(fleet.Renewal.Problem.Length > 0 ? 1 : 0);
        });
    }
}
