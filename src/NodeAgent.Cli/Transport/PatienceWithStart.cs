using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace NodeAgent.Cli.Transport;

/// <summary>
/// Asks again while the agent says that it is only starting: nothing was done yet, and it is over in a moment. So nobody
/// who types a command sees an agent's restart, or that the command itself has woken it.
/// </summary>
internal sealed class PatienceWithStart(TimeProvider time) : Interceptor
{
    private const string Starting = "AGENT_STARTING";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new AsyncUnaryCall<TResponse>(AskAsync(), call.ResponseHeadersAsync, () => call.GetStatus(), () => call.GetTrailers(), () => call.Dispose());

        async Task<TResponse> AskAsync()
        {
            var began = time.GetTimestamp();
            while (true)
            {
                try
                {
                    return await call.ResponseAsync;
                }
                catch (RpcException refusal) when (IsStarting(refusal) && time.GetElapsedTime(began) < Patience)
                {
                    call.Dispose();
                    await Task.Delay(Pause, time, context.Options.CancellationToken);
                    call = continuation(request, context);
                }
            }
        }
    }

    private static bool IsStarting(RpcException refusal) =>
        refusal.StatusCode == StatusCode.Unavailable && refusal.GetRpcStatus()?.GetDetail<ErrorInfo>() is { Reason: Starting };
}
