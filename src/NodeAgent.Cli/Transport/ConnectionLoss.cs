using System.Net.Sockets;
using Grpc.Core;

namespace NodeAgent.Cli.Transport;

/// <summary>
/// Tells an agent that went away from one that answered with an error. A closing agent is seen in more than one way: as
/// UNAVAILABLE, or, when its HTTP/2 connection is closed in the middle of a call, as INTERNAL or CANCELLED that no agent sent.
/// </summary>
internal static class ConnectionLoss
{
    /// <summary>Whether a call failed because the agent is away, or went away meanwhile.</summary>
    public static bool Is(RpcException error)
    {
        if (error.StatusCode == StatusCode.Unavailable)
        {
            return true;
        }

        for (var cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpRequestException or IOException or SocketException)
            {
                return true;
            }
        }

        return false;
    }
}
