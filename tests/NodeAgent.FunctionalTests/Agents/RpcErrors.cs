using Google.Rpc;
using Grpc.Core;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>What an error says beyond its code.</summary>
internal static class RpcErrors
{
    /// <summary>The paths of the fields that are wrong.</summary>
    public static IReadOnlyList<string> Fields(this RpcException error) =>
        [.. error.GetRpcStatus()?.GetDetail<BadRequest>()?.FieldViolations.Select(one => one.Field) ?? []];

    /// <summary>The machine-readable reason.</summary>
    public static string Reason(this RpcException error) => error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? "";
}
