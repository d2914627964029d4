using Grpc.Core;
using Grpc.Core.Interceptors;

namespace NodeAgent.Tests.ReferenceManager;

/// <summary>A call that hangs fails its test instead of the run. Streams are read with a patience of their own.</summary>
internal sealed class UnaryDeadline : Interceptor
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, new ClientInterceptorContext<TRequest, TResponse>(
            context.Method, context.Host, context.Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + s_patience)));
}
