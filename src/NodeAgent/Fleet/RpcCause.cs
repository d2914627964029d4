using Grpc.Core;

namespace NodeAgent.Fleet;

/// <summary>Why a call to a manager failed, for people: "Connection refused" says more than "Error connecting to subchannel".</summary>
internal static class RpcCause
{
    /// <summary>The innermost cause; the manager's own words, where it answered.</summary>
    public static string Of(RpcException failed)
    {
        Exception cause = failed.Status.DebugException ?? failed;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return cause is RpcException { Status.Detail: var detail } ? detail : cause.Message;
    }
}
