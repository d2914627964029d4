using Grpc.Core;
using Grpc.Core.Interceptors;
using NodeAgent.Audit;
using NodeAgent.Metrics;

namespace NodeAgent.Rpc;

/// <summary>
/// Around every call: exceptions become statuses, the metrics count it, and what changes something or is refused goes on
/// record with who, what and the result. Admission comes after this, so that refused calls are on record too.
/// </summary>
internal sealed partial class CallInterceptor(RpcMetrics metrics, AuditTrail audit, TimeProvider time, ILogger<CallInterceptor> log) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync(request, context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync<object?>(request, context, async () =>
        {
            await continuation(request, new AnswerStream<TResponse>(responseStream, context), context);
            return null;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        AroundAsync<object?>(null, context, async () =>
        {
            await continuation(new RequestStream<TRequest>(requestStream, context), new AnswerStream<TResponse>(responseStream, context), context);
            return null;
        });

    private async Task<TResponse> AroundAsync<TResponse>(object? request, ServerCallContext context, Func<Task<TResponse>> call)
    {
        var facts = MethodFacts.Of(context.Method);
        var start = time.GetTimestamp();
        using var open = facts.IsLong ? metrics.Open() : null;
        var record = new CallRecord(audit, facts, Callers.Of(context), request);
        context.GetHttpContext().Features.Set(record);
        try
        {
            var response = await call();
            await record.SucceededAsync(response);
            Finish(facts, StatusCode.OK, start);
            return response;
        }
#pragma warning disable CA1031 // Whatever it is, the caller gets a status and the agent goes on.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (!ErrorMapping.IsAnswer(error))
            {
                LogDefect(facts.FullName, error);
            }

            var status = ErrorMapping.Map(error, facts.SubjectOf(request));
            record.Failed(status);
            Finish(facts, status.StatusCode, start);
            if (!facts.IsAudited)
            {
                LogRefused(facts.Name, facts.SubjectOf(request), Callers.Of(context).Identity, status.StatusCode, status.Status.Detail);
            }

            throw status;
        }
    }

    private void Finish(MethodFacts facts, StatusCode code, long start) =>
        metrics.Finished(facts.Name, code, facts.IsLong ? null : time.GetElapsedTime(start));

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Subject} by {Caller}: {Code} {Detail}")]
    private partial void LogRefused(string method, string subject, string caller, StatusCode code, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed by a defect")]
    private partial void LogDefect(string method, Exception error);
}
