using Grpc.Core;
using Grpc.Core.Interceptors;
using NodeAgent.Metrics;

namespace NodeAgent.Rpc;

/// <summary>
/// Around every call: exceptions become statuses, the metrics count it, and what changes something goes on record
/// with who, what and the result. Admission comes after this, so that refused calls are on record too.
/// </summary>
internal sealed partial class CallInterceptor(RpcMetrics metrics, TimeProvider time, ILogger<CallInterceptor> log) : Interceptor
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
        try
        {
            var response = await call();
            Finish(facts, request, response, context, StatusCode.OK, "", start);
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
            Finish(facts, request, null, context, status.StatusCode, status.Status.Detail, start);
            throw status;
        }
    }

    private void Finish(MethodFacts facts, object? request, object? response, ServerCallContext context, StatusCode code, string detail, long start)
    {
        var elapsed = time.GetElapsedTime(start);
        metrics.Finished(facts.Name, code, facts.IsLong ? null : elapsed);
        if (facts.IsMutation)
        {
            var result = response is LongRunning.Operation operation ? operation.Name : detail;
            var about = CallSubject.Of(response, facts.VmOf(request));
            LogMutation(
                facts.Name, facts.SubjectOf(request), Callers.Of(context).Identity, facts.RequestIdOf(request), code, elapsed.TotalMilliseconds,
                result.Length == 0 ? "" : $"; {result}", about.VmId, about.VmName, about.OperationId);
        }
        else if (code is not StatusCode.OK)
        {
            LogRefused(facts.Name, facts.SubjectOf(request), Callers.Of(context).Identity, code, detail);
        }
    }

#pragma warning disable SYSLIB1015 // The ids are fields to look for, no part of the sentence.
    [LoggerMessage(Level = LogLevel.Information, Message = "{Method} {Subject} by {Caller}, request id '{RequestId}': {Code} in {Milliseconds:0.0} ms{Result}")]
    private partial void LogMutation(
        string method, string subject, string caller, string requestId, StatusCode code, double milliseconds, string result, string? vmId, string? vmName, string? operationId);
#pragma warning restore SYSLIB1015

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Subject} by {Caller}: {Code} {Detail}")]
    private partial void LogRefused(string method, string subject, string caller, StatusCode code, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} failed by a defect")]
    private partial void LogDefect(string method, Exception error);
}
