using Grpc.Core;
using Grpc.Core.Interceptors;

namespace NodeAgent.FunctionalTests.Agents;

/// <summary>Gives every call that has an end a deadline, so that no test hangs on an agent that does not answer.</summary>
internal sealed class DeadlineInterceptor : Interceptor
{
    private static readonly TimeSpan Limit = AgentClient.Patience + TimeSpan.FromSeconds(30);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var options = context.Options.Deadline is null
            ? context.Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + Limit)
            : context.Options;
        return continuation(request, new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options));
    }
}
