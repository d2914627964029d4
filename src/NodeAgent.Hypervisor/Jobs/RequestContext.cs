namespace NodeAgent.Hypervisor.Jobs;

/// <summary>Who asks, and under which request id.</summary>
/// <param name="Caller">"uid:1000(alice)" for a local caller, "agent" for the agent's own work.</param>
/// <param name="RequestId">The caller's request id; <c>null</c> or empty without one.</param>
/// <param name="Fingerprint">Stands for the request's content, so that a reused id is found out.</param>
public sealed record RequestContext(string Caller, string? RequestId = null, string? Fingerprint = null)
{
    /// <summary>The agent itself.</summary>
    public static RequestContext Agent { get; } = new("agent");
}
