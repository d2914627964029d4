using System.Globalization;
using Grpc.Core;
using NodeAgent.Audit;
using NodeAgent.Metrics;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// How many calls of one caller are worked on at a time: an answer waits in memory until it is taken, so that somebody who
/// asks for much and takes nothing would fill it, and each list costs time that others wait for. What comes beyond waits
/// its turn with nothing read but its headers; beyond that it is refused. Streams are counted elsewhere.
/// </summary>
internal sealed partial class CallGate(RpcMetrics metrics, AuditTrail audit, TimeProvider time, ILogger<CallGate> log)
{
    private const int AtOnce = 32, Waiting = 512;

    // An answer is a few megabytes at most, and whoever takes it this slowly holds a place for nothing.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(30);

    private readonly CallerPlaces _places = new(AtOnce, Waiting);

    /// <summary>The middleware.</summary>
    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        var method = context.Request.Path.Value ?? "";
        if (context.Features.Get<Caller>() is not { } caller || !ApiMethods.IsKnown(method) || method == ApiMethods.Scrape
            || MethodFacts.Of(method) is not { IsOurs: true, IsLong: false } facts)
        {
            await next(context);
            return;
        }

        CallerPlaces.Place place;
        try
        {
            place = await _places.EnterAsync(caller.Identity, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // Gone while it waited.
            return;
        }

        using (place)
        {
            await ServeAsync(context, next, facts, caller, place.IsAcquired);
        }
    }

    private async Task ServeAsync(HttpContext context, RequestDelegate next, MethodFacts facts, Caller caller, bool hasPlace)
    {
        if (!hasPlace)
        {
            var message = $"{caller.Identity} has {AtOnce + Waiting} calls under way, more than are worked on or wait; take the answers of some first.";
            metrics.Finished(facts.Name, StatusCode.ResourceExhausted, null);
            audit.Refused(caller, caller.From, facts.ShortName, CallRecord.NameOf(StatusCode.ResourceExhausted), message);
            await AccessGate.AnswerAsync(context, ErrorMapping.Status(ErrorTable.Of(RpcReason.TooManyCalls), message, caller.Identity, []));
            return;
        }

        // Until the handler has answered nobody is slow but we; from then on the client is.
        await using var late = time.CreateTimer(_ => GiveUp(context, facts, caller), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        context.Response.OnStarting(() =>
        {
            late.Change(AnswerPatience, Timeout.InfiniteTimeSpan);
            return Task.CompletedTask;
        });
        await next(context);
        if (context.Response.HasStarted)
        {
            // The framework leaves the sending to the server; until it is on its way it is ours to hold.
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private void GiveUp(HttpContext context, MethodFacts facts, Caller caller)
    {
        LogNotTaken(facts.Name, caller.Identity, caller.From, AnswerPatience.TotalSeconds.ToString("0", CultureInfo.InvariantCulture));
        context.Abort();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to {Method} was not taken by {Caller} ({From}) within {Seconds} s and is dropped")]
    private partial void LogNotTaken(string method, string caller, string from, string seconds);
}
