using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace ReferenceManager.Enrolment;

/// <summary>Answers that say no: a reason for programs (google.rpc.ErrorInfo) and words that help a person.</summary>
internal static class Refusal
{
    private const string Domain = "nodeagent.manager";

    /// <summary>PERMISSION_DENIED: asking again changes nothing.</summary>
    public static RpcException Denied(string reason, string message) => With(Code.PermissionDenied, reason, message);

    /// <summary>INVALID_ARGUMENT: the request itself is wrong.</summary>
    public static RpcException Invalid(string message) => With(Code.InvalidArgument, "REQUEST_INVALID", message);

    /// <summary>RESOURCE_EXHAUSTED: not now.</summary>
    public static RpcException Full(string reason, string message) => With(Code.ResourceExhausted, reason, message);

    private static RpcException With(Code code, string reason, string message) => new Google.Rpc.Status
    {
        Code = (int)code,
        Message = message,
        Details = { Any.Pack(new ErrorInfo { Domain = Domain, Reason = reason }) },
    }.ToRpcException();
}
