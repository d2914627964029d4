using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Rpc;

/// <summary>The API refuses a call.</summary>
internal sealed class RpcRefusal(RpcReason reason, string message) : Exception(message)
{
    public RpcReason Reason { get; } = reason;

    public ImmutableArray<FieldViolation> Violations { get; init; } = [];

    /// <summary>A request whose field is wrong.</summary>
    public static RpcRefusal Field(string field, string description) =>
        new(RpcReason.InvalidRequest, $"{field}: {description}") { Violations = [new FieldViolation(field, description)] };
}
