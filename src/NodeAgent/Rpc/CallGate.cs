using System.Globalization;
using NodeAgent.Audit;
using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Metrics;
using NodeAgent.Security;

namespace NodeAgent.Rpc;

/// <summary>
/// How many calls of one caller are worked on at a time: an answer waits in memory until it is taken, so that somebody who
/// asks for much and takes nothing would fill it, and each list costs time that others wait for. What comes beyond waits
/// its turn with nothing read but its headers; beyond that it is refused. What may last (streams) does not wait: it has one
/// of so many places for as long as it lasts, and is refused where there is none.
/// </summary>
internal sealed partial class CallGate(LiveOptions options, RpcMetrics metrics, AuditTrail audit, TimeProvider time, ILogger<CallGate> log)
{
    private const int AtOnce = 32, Waiting = 512;

    // An answer is a few megabytes at most, and whoever takes it this slowly holds a place for nothing.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(30);

    // Whoever asks how the agent is gets an answer also while its own calls fill their places.
    private readonly CallerPlaces _ours = new(AtOnce, Waiting), _others = new(AtOnce, Waiting);
    private readonly PlaceCount _streams = new();

    /// <summary>The middleware.</summary>
    public Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        var caller = context.Features.Get<Caller>() ?? throw new InvalidOperationException("A call came in by a connection that passed no gate.");
        var facts = MethodFacts.Of(context.Request.Path.Value ?? "");
        return facts.IsLong ? ServeLongAsync(context, next, facts, caller) : ServeShortAsync(context, next, facts, caller);
    }

    private async Task ServeLongAsync(HttpContext context, RequestDelegate next, MethodFacts facts, Caller caller)
    {
        var limit = options.Current.Limits.MaxStreams;
        using var place = _streams.Enter(caller.Identity, limit);
        if (place is null)
        {
            await RefuseAsync(
                context, facts, caller, RpcReason.TooManyStreams, $"{caller.Identity} has {limit} streams open, as many as [limits] max_streams allows; end one first.");
            return;
        }

        await next(context);
    }

    private async Task ServeShortAsync(HttpContext context, RequestDelegate next, MethodFacts facts, Caller caller)
    {
        CallerPlaces.Place place;
        try
        {
            place = await (facts.IsOurs ? _ours : _others).EnterAsync(caller.Identity, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // Gone while it waited.
            return;
        }

        using (place)
        {
            await (place.IsAcquired
                ? WorkAsync(context, next, facts, caller)
                : RefuseAsync(
                    context, facts, caller, RpcReason.TooManyCalls,
                    $"{caller.Identity} has {AtOnce + Waiting} calls under way, more than are worked on or wait; take the answers of some first."));
        }
    }

    private async Task WorkAsync(HttpContext context, RequestDelegate next, MethodFacts facts, Caller caller)
    {
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

    private Task RefuseAsync(HttpContext context, MethodFacts facts, Caller caller, RpcReason reason, string message)
    {
        var row = ErrorTable.Of(reason);
        metrics.Finished(facts.Name, row.Code, null);
        audit.Refused(new AuditDraft(audit.Now, AuditKind.Refusal)
        {
            Caller = caller.Identity,
            Source = caller.From,
            Method = facts.ShortName,
            Result = CallRecord.NameOf(row.Code),
            Reason = row.Reason,
            Detail = message,
        });
        return AccessGate.AnswerAsync(context, ErrorMapping.Status(row, message, caller.Identity, []));
    }

    private void GiveUp(HttpContext context, MethodFacts facts, Caller caller)
    {
        LogNotTaken(facts.Name, caller.Identity, caller.From, AnswerPatience.TotalSeconds.ToString("0", CultureInfo.InvariantCulture));
        context.Abort();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to {Method} was not taken by {Caller} ({From}) within {Seconds} s and is dropped")]
    private partial void LogNotTaken(string method, string caller, string from, string seconds);
}
