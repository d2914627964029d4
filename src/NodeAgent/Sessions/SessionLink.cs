using Grpc.Core;
using NodeAgent.Fleet;
using NodeAgent.Security;

namespace NodeAgent.Sessions;

/// <summary>
/// Keeps a session open as long as the node is in a fleet: at the next endpoint when one is lost, after a pause that grows
/// with failures and is never the same for two nodes, so that a manager which comes back is not overrun.
/// </summary>
internal sealed partial class SessionLink(SessionParts parts, TunnelGate tunnels, ILogger<SessionLink> log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500), LongestPause = TimeSpan.FromSeconds(30), Lasting = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly ManagerDial _dial = new(parts.Time);

    /// <summary>Runs until the agent leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        parts.Credentials.Observe(() =>
        {
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        });
        var pause = FirstPause;
        for (var turn = 0; ; turn++)
        {
            if (parts.Membership.Current is not { Endpoints.IsEmpty: false } member || parts.Credentials.Current is null)
            {
                parts.Board.Disconnected("", parts.Membership.Current is null ? "" : "The node has no certificate in force.");
                await _changed.WaitAsync(cancellationToken);
                continue;
            }

            var endpoint = member.Endpoints[turn % member.Endpoints.Length];
            var begin = parts.Time.GetTimestamp();
            var problem = await TryAsync(endpoint, cancellationToken);
            parts.Board.Disconnected(endpoint, problem);
            LogLost(endpoint, problem);
            if (parts.Time.GetElapsedTime(begin) > Lasting)
            {
                // It was good for a while; and the same endpoint is as good as any.
                pause = FirstPause;
            }

            await _changed.WaitAsync(pause * (0.5 + Random.Shared.NextDouble()), cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<string> TryAsync(string endpoint, CancellationToken cancellationToken)
    {
        var credentials = parts.Credentials.Current!;
        var refused = "";
        var names = System.Collections.Immutable.ImmutableArray<HolderName>.Empty;
        using var channel = _dial.Open(endpoint, credentials.Trust, credentials.Fleet, credentials, verdict => (names, refused) = (verdict.Names, verdict.Problem));
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await new Session(parts, channel, endpoint, open => tunnels.Open(channel, open, Caller.Of(names, "tunnel"), life.Token)).RunAsync(life.Token);
            return "The session ended.";
        }
        catch (SessionException ended)
        {
            return ended.Message;
        }
        catch (RpcException failed) when (!cancellationToken.IsCancellationRequested)
        {
            return refused.Length > 0 ? $"Who answers is not the fleet's manager: {refused}." : failed.Status.Detail;
        }
        catch (TimeoutException)
        {
            return "The manager does not answer.";
        }
        finally
        {
            await life.CancelAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No session with the manager at {Endpoint}: {Problem} Guests and the local API are not concerned.")]
    private partial void LogLost(string endpoint, string problem);
}
