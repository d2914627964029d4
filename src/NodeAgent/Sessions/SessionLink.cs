using System.Collections.Immutable;
using NodeAgent.Fleet;
using NodeAgent.Tls;

namespace NodeAgent.Sessions;

/// <summary>
/// Keeps a session open as long as the node is in a fleet: at the next endpoint when one is lost, after a pause that grows
/// with failures and is never the same for two nodes, so that a manager which comes back is not overrun. When the node has
/// a new certificate, the next session is opened before the present one is let go of.
/// </summary>
internal sealed partial class SessionLink(SessionParts parts, TunnelGate tunnels, ILogger<SessionLink> log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500), LongestPause = TimeSpan.FromSeconds(30), Lasting = TimeSpan.FromSeconds(10);

    // The clock may be set while we wait, and what could not be replaced is tried again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30), Tick = TimeSpan.FromMilliseconds(1);

    private readonly Bell _changed = new();

    /// <summary>Runs until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var watching = parts.Credentials.Observe(_changed.Ring);
        try
        {
            await OpenOnAsync(cancellationToken);
        }
        finally
        {
            parts.Board.Disconnected("", "");
        }
    }

    private async Task OpenOnAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        var endpoints = ImmutableArray<string>.Empty;
        for (var turn = 0; ; turn++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var changed = _changed.Next;
            if (parts.Membership.Store.Current is not { } member || parts.Credentials.Current is not { } credentials)
            {
                parts.Board.Disconnected("", parts.Membership.Store.Current is null ? "" : "The node has no certificate in force.");
                await changed.WaitAsync(cancellationToken);
                (turn, pause) = (-1, FirstPause);
                continue;
            }

            var wanted = EndpointText.Good(member.EndpointsAt(parts.Time.GetUtcNow()));
            if (wanted.IsEmpty)
            {
                parts.Board.Disconnected("", "The manager has told no place where a session could be opened.");
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            if (!wanted.SequenceEqual(endpoints))
            {
                (endpoints, turn, pause) = (wanted, 0, FirstPause);
            }

            var endpoint = endpoints[turn % endpoints.Length];
            var begin = parts.Time.GetTimestamp();
            var problem = await HoldAsync(endpoint, member.FleetId, credentials, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            parts.Board.Disconnected(endpoint, problem);
            LogLost(endpoint, problem);
            if (parts.Time.GetElapsedTime(begin) > Lasting)
            {
                // It was good for a while; and the same endpoint is as good as any.
                pause = FirstPause;
            }

            changed = _changed.Next;
            // Never longer than the pause itself, so that everybody is back within twice of it.
            await WaitAsync(pause * (0.25 + (0.75 * Random.Shared.NextDouble())), cancellationToken, changed);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    // One session after the other at an endpoint, without a gap between them; until there is none, or it must not be.
    private async Task<string> HoldAsync(string endpoint, string fleet, NodeCredentials credentials, CancellationToken cancellationToken)
    {
        var run = new SessionRun(parts, tunnels, endpoint, credentials, cancellationToken);
        var end = "";
        try
        {
            while (!run.Ended.IsCompleted)
            {
                var (changed, told) = (_changed.Next, parts.Told.Next);
                var time = parts.Time.GetUtcNow();
                if (ReasonToEnd(endpoint, fleet, time) is { } why)
                {
                    end = why;
                    return why;
                }

                if (run.Welcomed.IsCompleted && parts.Credentials.Current is { } now && now.Certificate.Thumbprint != run.Credentials.Certificate.Thumbprint)
                {
                    run = await ReplaceAsync(run, now, cancellationToken);
                }

                await WaitAsync(UntilMove(time), cancellationToken, run.Welcomed.IsCompleted ? [changed, told, run.Ended] : [changed, told, run.Ended, run.Welcomed]);
            }

            return await run.Ended;
        }
        finally
        {
            await run.CutAsync(end);
        }
    }

    private async Task<SessionRun> ReplaceAsync(SessionRun run, NodeCredentials now, CancellationToken cancellationToken)
    {
        var next = new SessionRun(parts, tunnels, run.Endpoint, now, cancellationToken);
        if (await Task.WhenAny(next.Welcomed, next.Ended) == next.Welcomed)
        {
            LogReplaced(run.Endpoint);
            await run.RetireAsync();
            return next;
        }

        var problem = await next.Ended;
        await next.CutAsync("");
        LogNotReplaced(run.Endpoint, problem);
        return run;
    }

    private string? ReasonToEnd(string endpoint, string fleet, DateTimeOffset now) =>
        parts.Membership.Store.Current is not { } member || member.FleetId != fleet ? "The node has left the fleet."
        : member.Move is { } move && move.Time <= now && !move.Endpoints.Contains(endpoint) ? "The manager is to be reached elsewhere from now on."
        : null;

    // By the same time as the reason to end: what was not due there is still to be waited for here. A timer counts in
    // milliseconds, and one too many is better than turning round and round for the rest of one.
    private TimeSpan UntilMove(DateTimeOffset now) =>
        parts.Membership.Store.Current?.Move is { } move && move.Time - now is var left && left > TimeSpan.Zero && left < LongestWait ? left + Tick : LongestWait;

    private async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken, params IEnumerable<Task> any)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny([.. any, Task.Delay(longest, parts.Time, waiting.Token)]);
        await waiting.CancelAsync();

        // It may be told inside of the cancelling, by the end of one session before that of another: who went on would go round.
        cancellationToken.ThrowIfCancellationRequested();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No session with the manager at {Endpoint}: {Problem} Guests and the local API are not concerned.")]
    private partial void LogLost(string endpoint, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "The session with the manager at {Endpoint} goes on by the node's new certificate")]
    private partial void LogReplaced(string endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No session by the node's new certificate at {Endpoint}; the one by the old certificate goes on: {Problem}")]
    private partial void LogNotReplaced(string endpoint, string problem);
}
