using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Audit;
using NodeAgent.Configuration;
using NodeAgent.Metrics;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// Whether a caller may call a method at all, decided by the path alone: of a request that is refused here nothing is read
/// but its headers. For which VMs is decided when the request is known (<see cref="ScopeGate"/>). A ticket stands in for a
/// role (<see cref="TicketGate"/>).
/// </summary>
internal static class AccessGate
{
    private const string GrpcContent = "application/grpc";

    /// <summary>The middleware.</summary>
    public static Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        var policy = context.RequestServices.GetRequiredService<LiveOptions>().Current.Access.Policy;
        var isMetrics = context.Features.Get<MetricsListener>() is not null;
        if (context.Features.Get<Caller>() is not { } caller)
        {
            // The one door without a caller: metrics on loopback.
            return isMetrics ? next(context) : throw new InvalidOperationException("A call came in by a connection that passed no gate.");
        }

        var method = isMetrics ? ApiMethods.Scrape : context.Request.Path.Value ?? "";
        if (!isMetrics && TicketGate.IsFor(context))
        {
            return IsCompressed(context) ? RefuseCompressedAsync(context, caller, method) : TicketGate.ServeAsync(context, next, caller);
        }

        // Routing takes other writings of a method's name too (other case, a slash at the end), and the request would be
        // read before anybody finds that it is none. The page of metrics has a listener of its own.
        var isThere = isMetrics || (ApiMethods.IsKnown(method) && method != ApiMethods.Scrape);
        if (isThere && policy.Decide(caller, method) is { } scope)
        {
            if (IsCompressed(context))
            {
                return RefuseCompressedAsync(context, caller, method);
            }

            context.Features.Set(scope);
            return next(context);
        }

        var roles = policy.RolesOf(caller);
        if (!isThere && roles.Any(policy.Roles.ContainsKey))
        {
            return AnswerNothingThereAsync(context, method);
        }

        var message = $"{caller.Identity} may not call {method[(method.LastIndexOf('.') + 1)..]}: "
            + (roles.IsEmpty ? "it has no role on this node." : $"its role{(roles.Length == 1 ? "" : "s")} {string.Join(", ", roles)} {(roles.Length == 1 ? "does" : "do")} not allow it.");
        Record(context, caller, method, StatusCode.PermissionDenied, message);
        context.RequestServices.GetRequiredService<RpcMetrics>().Finished(ApiMethods.IsKnown(method) ? method[(method.LastIndexOf('/') + 1)..] : "unknown", StatusCode.PermissionDenied, null);
        return isMetrics
            ? RefusePageAsync(context, message)
            : AnswerAsync(context, ErrorMapping.Status(ErrorTable.Of(RpcReason.NotPermitted), message, "", []));
    }

    /// <summary>A gRPC answer of headers only: HTTP 200 and the status (gRPC over HTTP/2, "Trailers-Only").</summary>
    public static Task AnswerAsync(HttpContext context, Google.Rpc.Status status)
    {
        context.Response.ContentType = GrpcContent;
        context.Response.Headers["grpc-status"] = status.Code.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(status.Message);
        context.Response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray());
        return Task.CompletedTask;
    }

    /// <summary>Puts a refusal on record.</summary>
    public static void Record(HttpContext context, Caller caller, string method, StatusCode code, string why) =>
        context.RequestServices.GetRequiredService<AuditTrail>().Refused(
            caller, caller.From, ApiMethods.IsKnown(method) ? ApiMethods.ShortNameOf(method) : "unknown", CallRecord.NameOf(code), why);

    // A small compressed message could unfold into a large one, and what is sent is small as it is.
    private static bool IsCompressed(HttpContext context) => context.Request.Headers["grpc-encoding"] is { Count: > 0 } encoding && encoding != "identity";

    private static Task RefuseCompressedAsync(HttpContext context, Caller caller, string method)
    {
        Record(context, caller, method, StatusCode.Unimplemented, "A compressed request.");
        context.Response.Headers["grpc-accept-encoding"] = "identity";
        return AnswerAsync(context, new Google.Rpc.Status { Code = (int)StatusCode.Unimplemented, Message = "Compressed requests are not taken; send them as they are (grpc-encoding: identity)." });
    }

    private static Task AnswerNothingThereAsync(HttpContext context, string method)
    {
        if (context.Request.ContentType?.StartsWith(GrpcContent, StringComparison.OrdinalIgnoreCase) is not true)
        {
            // Not a call: a browser, for instance.
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.RequestServices.GetRequiredService<RpcMetrics>().Finished("unknown", StatusCode.Unimplemented, null);
        return AnswerAsync(context, new Google.Rpc.Status { Code = (int)StatusCode.Unimplemented, Message = $"There is no method {method}." });
    }

    private static Task RefusePageAsync(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message + "\n", context.RequestAborted);
    }
}
