using Grpc.HealthCheck;
using Grpc.Reflection;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>The services of the API: routed, reflected, and told of by health.</summary>
internal static class RpcServices
{
    // What travels inside an Any is imported by no service, so a generic client could not read it.
    private static SymbolRegistry Symbols { get; } = SymbolRegistry.FromFiles(
    [
        .. ApiMethods.Services.Select(service => service.File),
        V1.OperationReflection.Descriptor,
        Google.Rpc.ErrorDetailsReflection.Descriptor,
    ]);

    /// <summary>Registers them.</summary>
    public static void Add(IServiceCollection services, LimitOptions limits)
    {
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = (int)limits.MaxMessageBytes;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<CallInterceptor>();
            grpc.Interceptors.Add<AdmissionInterceptor>();
            grpc.Interceptors.Add<ScopeGate>();
        });
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<RateLimit>();
        services.AddSingleton<StopGrace>();
        services.AddSingleton<CallGate>();
        services.AddSingleton<CallInterceptor>();
        services.AddSingleton<AdmissionInterceptor>();
        services.AddSingleton<ScopeGate>();
        services.AddSingleton<AccessTickets>();
        services.AddSingleton<TicketDesk>();
        services.AddSingleton<RunEnds>();
        services.AddSingleton<VmDoors>();
        services.AddSingleton<NodeService>();
        services.AddSingleton<VmService>();
        services.AddSingleton<EventService>();
        services.AddSingleton<AuditService>();
        services.AddSingleton<FleetService>();
        services.AddSingleton<OperationService>();
        services.AddSingleton<Readiness>();
        services.AddSingleton(static provider =>
        {
            var health = new HealthServiceImpl();
            HealthReport.Follow(health, provider.GetRequiredService<Readiness>(), ApiMethods.Services.Select(service => service.FullName));
            return health;
        });

        // The descriptors are handed over by name: the package that finds them by reflection does not survive trimming.
        services.AddSingleton(static _ => new ReflectionServiceImpl(ApiMethods.Services.Select(service => service.FullName), Symbols));
        services.AddSingleton(static _ => new ReflectionV1ServiceImpl(ApiMethods.Services.Select(service => service.FullName), Symbols));
    }

    /// <summary>Routes calls to them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<NodeService>();
        routes.MapGrpcService<VmService>();
        routes.MapGrpcService<EventService>();
        routes.MapGrpcService<AuditService>();
        routes.MapGrpcService<FleetService>();
        routes.MapGrpcService<OperationService>();
        routes.MapGrpcService<HealthServiceImpl>();
        routes.MapGrpcService<ReflectionServiceImpl>();
        routes.MapGrpcService<ReflectionV1ServiceImpl>();
    }
}
