using NodeAgent.Health;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Systemd;

/// <summary>The agent as a service: what the service manager gave it, and what it tells the service manager.</summary>
internal sealed class AgentService : IAsyncDisposable
{
    private readonly NotifySocket _notify;
    private readonly TimeProvider _time;

    public AgentService(ServiceEnvironment given, TimeProvider time)
    {
        Given = given;
        _time = time;
        _notify = new NotifySocket(given.NotifySocket);
        Report = new ServiceReport(_notify, time);
    }

    /// <summary>What the service manager gave.</summary>
    public ServiceEnvironment Given { get; }

    /// <summary>What it is told.</summary>
    public ServiceReport Report { get; }

    /// <summary>Has the service manager follow the agent's life, its VMs and its ledger.</summary>
    public void Follow(Readiness readiness, TimeSpan stopTimeout, VmFeed feed, NodeLedger ledger)
    {
        Report.Follow(feed, ledger);
        Report.Follow(readiness, stopTimeout);
    }

    /// <summary>Feeds the watchdog until it is disposed of; <c>null</c> where there is none.</summary>
    public Watchdog? Watch(IReadOnlyList<LifeProbe> probes, ILogger<Watchdog> log)
    {
        if (Given.Watchdog is not { } period)
        {
            return null;
        }

        var watchdog = new Watchdog(_notify, Report, probes, _time, log);
        watchdog.Begin(period);
        return watchdog;
    }

    /// <summary>Sends what was said last.</summary>
    public async ValueTask DisposeAsync()
    {
        Report.Dispose();
        await _notify.DisposeAsync();
    }
}
