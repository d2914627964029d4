using Grpc.Health.V1;
using Grpc.HealthCheck;

namespace NodeAgent.Health;

/// <summary>Says by gRPC's health protocol (grpc.health.v1) whether the agent takes requests: for the whole ("") and by service.</summary>
internal static class HealthReport
{
    /// <summary>Keeps <paramref name="health"/> as <paramref name="readiness"/> is.</summary>
    public static void Follow(HealthServiceImpl health, Readiness readiness, IEnumerable<string> services)
    {
        string[] names = ["", .. services];
        readiness.Observe(phase =>
        {
            foreach (var name in names)
            {
                health.SetStatus(name, phase is AgentPhase.Ready
                    ? HealthCheckResponse.Types.ServingStatus.Serving
                    : HealthCheckResponse.Types.ServingStatus.NotServing);
            }
        });
    }
}
