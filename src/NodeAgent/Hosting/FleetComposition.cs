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
        services.AddSingleton(_ => new MembershipStore(start.Options.StateDirectory));
        services.AddSingleton(provider => new CredentialStore(
            () => CredentialPlace.Of(provider.GetRequiredService<LiveOptions>().Current) ?? provider.GetRequiredService<MembershipStore>().Files,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CredentialStore>>()));
        services.AddSingleton(provider => new NodePortrait(floor().NodeId, start.Version, floor().Ground.ReadMachine, provider.GetRequiredService<LiveOptions>()));
        services.AddSingleton<Enrolment>();
        services.AddSingleton<Renewal>();
        services.AddSingleton<SessionBoard>();
        services.AddSingleton<FleetDesk>();
        services.AddSingleton<NodeView>();
        services.AddSingleton<SessionParts>();
        services.AddSingleton<TunnelGate>();
        services.AddSingleton<SessionLink>();
    }

    /// <summary>Keeps up the membership until the agent leaves.</summary>
    public static Task RunAsync(IServiceProvider services, CancellationToken stopping) => Task.WhenAll(
        services.GetRequiredService<CertificateWatch>().RunAsync(stopping),
        services.GetRequiredService<Enrolment>().RunAsync(stopping),
        services.GetRequiredService<Renewal>().RunAsync(stopping),
        services.GetRequiredService<SessionLink>().RunAsync(stopping));
}
