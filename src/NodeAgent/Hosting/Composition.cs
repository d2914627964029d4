using NodeAgent.Audit;
using NodeAgent.Fleet;
using NodeAgent.Health;
using NodeAgent.Metrics;
using NodeAgent.Rpc;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>Puts the top floor's objects together. The floor below is there when the first of them is asked for.</summary>
internal static class Composition
{
    public static void Add(IServiceCollection services, Func<NodeFloor> floor, AgentStart start)
    {
        services.AddSingleton(start);
        services.AddSingleton(_ => floor());
        services.AddSingleton(_ => floor().Registry);
        services.AddSingleton(_ => floor().Ledger);
        services.AddSingleton(provider => new AuditTrail(
            () => floor().Ledger, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AuditTrail>>()));
        services.AddSingleton<AuditJournal>();
        services.AddSingleton(_ => floor().Operations);
        services.AddSingleton(_ => floor().Survey);
        services.AddSingleton(_ => new AgentLife(floor().Ledger.Epoch, start.StartTime));
        services.AddSingleton(_ => new NodeIdentity(
            floor().NodeId, start.Version, start.Options.StateDirectory, start.Options.RunDirectory, floor().LauncherName));
        services.AddSingleton(provider => new ConditionBook(
            () => floor().Standing,
            start.Reloader,
            now => RemoteConditions.Of(provider.GetRequiredService<CredentialStore>(), start.Options.Remote.Listen is not null, now),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => new SnapshotWriter(start.Options.RunDirectory, id => floor().Sampler.LookAt(id)));
        services.AddSingleton(provider => new OperationWriter(
            floor().Registry.TryGet, provider.GetRequiredService<SnapshotWriter>(), provider.GetRequiredService<AgentLife>()));
        services.AddSingleton(provider => new NodeWriter(
            provider.GetRequiredService<NodeIdentity>(), provider.GetRequiredService<AgentLife>(), provider.GetRequiredService<ConditionBook>(), () => floor().Recovery,
            provider.GetRequiredService<MaintenanceWriter>()));
        services.AddSingleton(_ => new MaintenanceWriter(floor().Registry));
        services.AddSingleton(_ => floor().Maintenance);
        FleetComposition.Add(services, floor, start);
        services.AddSingleton<MetricsRegistry>();
        services.AddSingleton<RpcMetrics>();
        services.AddSingleton<VmMetrics>();
    }

    /// <summary>Connects the metrics to what they tell of.</summary>
    public static void Connect(IServiceProvider services)
    {
        var start = services.GetRequiredService<AgentStart>();
        var registry = services.GetRequiredService<MetricsRegistry>();
        var floor = services.GetRequiredService<NodeFloor>();
        var capabilities = new CapabilityMetrics(registry, services.GetRequiredService<ConditionBook>());
        var vms = services.GetRequiredService<VmMetrics>();
        var qmp = new QmpMetrics(registry);
        _ = new ProcessMetrics(registry, start.Log, start.Version);
        _ = new OperationMetrics(registry, floor.Operations);
        _ = new LedgerMetrics(registry, floor.Ledger);
        _ = new AuditMetrics(registry, floor.Ledger, services.GetRequiredService<AuditTrail>());
        services.GetRequiredService<AuditJournal>().Follow(floor.Ledger.Audit);
        _ = new RemoteMetrics(registry, services.GetRequiredService<CredentialStore>(), services.GetRequiredService<RemoteConnections>());
        _ = new FleetMetrics(registry, services.GetRequiredService<FleetDesk>(), () => floor.Ledger.Events.Newest.Sequence);
        _ = new MaintenanceMetrics(registry, floor.Registry.Gate);
        floor.Survey.Observe(new HostMetrics(registry).Record);
        floor.Survey.Observe(capabilities.Record);
        floor.Registry.Feed.Observe(vms.Record);
        floor.Sampler.OnSample = vms.Record;
        floor.OnCommand = qmp.Record;
        floor.OnRecovered = new RecoveryMetrics(registry).Record;
        registry.BeforeScrape(floor.Sampler.Look);
        start.Reloader.Observe(new ConfigMetrics(registry).Record);
    }
}
