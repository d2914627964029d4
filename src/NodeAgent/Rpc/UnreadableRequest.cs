using Grpc.Core;
using NodeAgent.Audit;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// A request whose bytes are no message. The framework finds that out before any interceptor runs and calls it UNKNOWN,
/// which reads like a defect of ours; it is the caller's, and said so.
/// </summary>
internal static class UnreadableRequest
{
    /// <summary>What is said to the caller.</summary>
    public const string Message = "The request is not a message of this method: its bytes cannot be read as protobuf, or as gRPC frames it.";

    /// <summary>The middleware.</summary>
    public static async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        await next(context);
        Record(context);
        if (!context.Response.HasStarted && context.Response.Headers["grpc-status"] == ((int)StatusCode.Unknown).ToString(System.Globalization.CultureInfo.InvariantCulture)
            && context.Features.Get<RequestWasRead>() is null)
        {
            await AccessGate.AnswerAsync(context, ErrorMapping.Status(ErrorTable.Of(RpcReason.InvalidRequest), Message, "", []));
        }
    }

    /// <summary>Notes that the request of a call could be read; what goes wrong from here on is ours.</summary>
    public static void NoteRead(ServerCallContext context) => context.GetHttpContext().Features.Set(RequestWasRead.Instance);

    // What the framework refuses by itself no interceptor sees: such a request, one that is too large.
    private static void Record(HttpContext context)
    {
        var method = context.Request.Path.Value ?? "";
        if (!context.Response.HasStarted && context.Features.Get<CallRecord>() is null && context.Features.Get<Caller>() is { } caller
            && int.TryParse(context.Response.Headers["grpc-status"], out var code) && code != (int)StatusCode.OK
            && ApiMethods.IsKnown(method) && MethodFacts.Of(method) is { IsAudited: true } facts)
        {
            context.RequestServices.GetRequiredService<AuditTrail>().Refused(
                caller, caller.From, facts.ShortName, CallRecord.NameOf((StatusCode)code), "The request could not be read.");
        }
    }

    private sealed class RequestWasRead
    {
        public static RequestWasRead Instance { get; } = new();
    }
}
