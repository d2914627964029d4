using NodeAgent.LongRunning;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>An operation ended as failed where the test needed it to succeed.</summary>
internal sealed class OperationFailedException(Operation operation, Google.Rpc.Status error)
    : Exception($"{operation.Name} failed: {(Grpc.Core.StatusCode)error.Code}: {error.Message}")
{
    public Google.Rpc.Status Error { get; } = error;
}
