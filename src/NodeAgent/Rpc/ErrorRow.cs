using Grpc.Core;

namespace NodeAgent.Rpc;

/// <summary>What a caller gets for a reason. The table of all is <see cref="ErrorTable"/>, and docs/errors.md in words.</summary>
/// <param name="Reason">ErrorInfo.reason, in the domain "nodeagent".</param>
/// <param name="Code">gRPC's code.</param>
/// <param name="Detail">What is said besides ErrorInfo.</param>
/// <param name="RetryAfter">The same call may succeed after so long; <c>null</c> where something must be changed first.</param>
internal sealed record ErrorRow(string Reason, StatusCode Code, ErrorDetail Detail = ErrorDetail.None, TimeSpan? RetryAfter = null);

/// <summary>Details of google.rpc that go with a reason.</summary>
internal enum ErrorDetail
{
    None,

    /// <summary>BadRequest, with the path of each field.</summary>
    BadRequest,

    /// <summary>PreconditionFailure, with the VM as its subject.</summary>
    Precondition,

    /// <summary>QuotaFailure, with what has run out.</summary>
    Quota,
}
