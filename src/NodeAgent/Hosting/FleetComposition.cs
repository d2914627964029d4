using NodeAgent.Configuration;
using NodeAgent.Fleet;
using NodeAgent.Sessions;
using NodeAgent.Tls;

namespace NodeAgent.Hosting;

/// <summary>Puts together what makes the node a member of a fleet.</summary>
internal static class FleetComposition
{
    public static void Add(IServiceCollection services, Func<NodeFloor> floor, AgentStart start)
    {
        services.AddSingleton(provider => new MembershipStore(
            new FleetDirectory(start.Options.StateDirectory, provider.GetRequiredService<ILogger<FleetDirectory>>()), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            // A change of a file may be seen while the agent leaves, when nothing can be asked of the provider any more.
            var (options, membership) = (provider.GetRequiredService<LiveOptions>(), provider.GetRequiredService<MembershipStore>());
            return new CredentialStore(
                () => CredentialPlace.Of(options.Current, membership), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CredentialStore>>());
        });
        services.AddSingleton(provider => new NodePortrait(floor().NodeId, start.Version, floor().Ground.ReadMachine, provider.GetRequiredService<LiveOptions>()));
        services.AddSingleton<FleetEvents>();
        services.AddSingleton<FleetRequests>();
        services.AddSingleton<Membership>();
        services.AddSingleton<Enrolment>();
        services.AddSingleton<Renewal>();
        services.AddSingleton<SessionBoard>();
        services.AddSingleton(provider => new IdentityWatch(
            start.Options.StateDirectory, provider.GetRequiredService<NodePortrait>().Facts, provider.GetRequiredService<FleetEvents>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<IdentityWatch>>()));
        services.AddSingleton<ManagerWatch>();
        services.AddSingleton<FleetDesk>();
        services.AddSingleton<NodeView>();
        services.AddSingleton(provider => new SessionParts(
            provider.GetRequiredService<NodeView>(), provider.GetRequiredService<NodePortrait>(), provider.GetRequiredService<FleetDesk>(),
            provider.GetRequiredService<RemoteConnections>(), provider.GetRequiredService<ILogger<SessionParts>>())
        {
            Time = provider.GetRequiredService<TimeProvider>(),
        });
        services.AddSingleton<TunnelGate>();
        services.AddSingleton<SessionLink>();
        services.AddSingleton<LoopKeeper>();
    }

    /// <summary>Keeps up the membership until the agent leaves.</summary>
    public static Task RunAsync(IServiceProvider services, CancellationToken stopping)
    {
        var keeper = services.GetRequiredService<LoopKeeper>();
        return Task.WhenAll(
            keeper.KeepAsync("The watch over certificates", services.GetRequiredService<CertificateWatch>().RunAsync, stopping),
            keeper.KeepAsync("The watch over the host's identity", services.GetRequiredService<IdentityWatch>().RunAsync, stopping),
            keeper.KeepAsync("The enrolment", services.GetRequiredService<Enrolment>().RunAsync, stopping),
            keeper.KeepAsync("The renewal of the certificate", services.GetRequiredService<Renewal>().RunAsync, stopping),
            keeper.KeepAsync("The watch over the manager", services.GetRequiredService<ManagerWatch>().RunAsync, stopping),
            keeper.KeepAsync("The session with the manager", services.GetRequiredService<SessionLink>().RunAsync, stopping));
    }
}
