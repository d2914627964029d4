using NodeAgent.Health;

namespace NodeAgent.Metrics;

/// <summary>What the metrics address serves: /metrics, /healthz (the process answers) and /readyz (requests are taken).</summary>
internal static class MetricsPage
{
    // Text format 0.0.4, which every Prometheus reads.
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static async Task ServeAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        switch (context.Request.Path.Value)
        {
            case "/metrics":
                context.Response.ContentType = ContentType;
                await context.RequestServices.GetRequiredService<MetricsRegistry>().WriteAsync(context.Response.Body, context.RequestAborted);
                break;
            case "/healthz":
                await AnswerAsync(context, StatusCodes.Status200OK, "ok");
                break;
            case "/readyz":
                var phase = context.RequestServices.GetRequiredService<Readiness>().Phase;
                await AnswerAsync(
                    context,
                    phase is AgentPhase.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
                    phase.ToString().ToLowerInvariant());
                break;
            default:
                await AnswerAsync(context, StatusCodes.Status404NotFound, "Here are /metrics, /healthz and /readyz.");
                break;
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
