using Grpc.Core;
using Grpc.Core.Interceptors;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// Lets a call in: not before the agent is ready, not faster than a caller may. How many of a caller's are under way is
/// looked at before anything of them is read (<see cref="CallGate"/>).
/// </summary>
internal sealed class AdmissionInterceptor(LiveOptions options, Readiness readiness, RateLimit rate, StopGrace stop) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        MethodFacts.Of(context.Method).IsLong ? AdmitLongAsync(context, () => continuation(request, context)) : AdmitAsync(context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        AdmitLongAsync<object?>(context, async () =>
        {
            await continuation(request, responseStream, context);
            return null;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        AdmitLongAsync<object?>(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return null;
        });

    private async Task<TResponse> AdmitLongAsync<TResponse>(ServerCallContext context, Func<Task<TResponse>> call)
    {
        using var ending = stop.Watch(context);
        return await AdmitAsync(context, call);
    }

    private Task<TResponse> AdmitAsync<TResponse>(ServerCallContext context, Func<Task<TResponse>> call)
    {
        UnreadableRequest.NoteRead(context);
        var caller = Callers.Of(context);
        var perSecond = options.Current.Limits.RequestsPerSecond;
        if (rate.Take(caller.Identity, perSecond) is { } wait)
        {
            throw new RpcRefusal(RpcReason.RateLimited, $"{caller.Identity} makes more than {perSecond} calls a second ([limits] requests_per_second); wait {wait.TotalMilliseconds:0} ms.");
        }

        // Health and reflection answer in every phase.
        if (MethodFacts.Of(context.Method).IsOurs)
        {
            switch (readiness.Phase)
            {
                case AgentPhase.Starting:
                    throw new RpcRefusal(RpcReason.AgentStarting, "The agent is starting: it reads its ledger and looks after the guests. Try again in a moment.");
                case AgentPhase.Stopping:
                    throw new RpcRefusal(RpcReason.AgentStopping, "The agent is stopping; guests run on.");
                default:
                    break;
            }
        }

        return call();
    }
}
