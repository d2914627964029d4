using Grpc.Core;

namespace ReferenceManager.Sessions;

/// <summary>A node that does not keep to the contract loses its session, with words for whoever wrote it.</summary>
internal static class ProtocolError
{
    /// <summary>What was sent does not fit what was sent before.</summary>
    public static RpcException OutOfStep(string message) => new(new Status(StatusCode.FailedPrecondition, message));

    /// <summary>What was sent has no meaning.</summary>
    public static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));

    /// <summary>It speaks for somebody else.</summary>
    public static RpcException NotYours(string message) => new(new Status(StatusCode.PermissionDenied, message));
}
