using Grpc.Core;
using NodeAgent.Fleet;
using NodeAgent.Tls;

namespace NodeAgent.Sessions;

/// <summary>A session that is under way, and the connection below it.</summary>
internal sealed class SessionRun
{
    private readonly TaskCompletionSource _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _end;
    private readonly ManagerLine _line;

    /// <summary>Begins one.</summary>
    public SessionRun(SessionParts parts, TunnelGate tunnels, string endpoint, NodeCredentials credentials, CancellationToken stopping)
    {
        Credentials = credentials;
        Endpoint = endpoint;
        _line = new ManagerLine(new ManagerDial(parts.Time), parts.Open, endpoint, credentials, stopping);
        _end = CancellationTokenSource.CreateLinkedTokenSource(_line.Life);
        Ended = RunAsync(new Session(parts, _line.Channel, endpoint, open => tunnels.Open(_line, open), _welcomed), stopping);
    }

    /// <summary>By what it was opened.</summary>
    public NodeCredentials Credentials { get; }

    /// <summary>Where.</summary>
    public string Endpoint { get; }

    /// <summary>Completes when the manager has welcomed the node.</summary>
    public Task Welcomed => _welcomed.Task;

    /// <summary>Completes with the reason, for people, when it has ended.</summary>
    public Task<string> Ended { get; }

    /// <summary>Ends it, with its tunnels.</summary>
    public async Task CutAsync(string why)
    {
        _line.Cut(why);
        await Ended;
        _end.Dispose();
        _line.Leave();
    }

    /// <summary>Ends it because a newer one has begun; its tunnels go on to their own ends.</summary>
    public async Task RetireAsync()
    {
        await _end.CancelAsync();
        await Ended;
        _end.Dispose();
        _line.Leave();
    }

    private async Task<string> RunAsync(Session session, CancellationToken stopping)
    {
        try
        {
            await session.RunAsync(_end.Token);
            return "The session ended.";
        }
        catch (SessionException ended)
        {
            return ended.Message;
        }
        catch (RpcException failed)
        {
            return _line.Problem.Length > 0 ? _line.Problem : RpcCause.Of(failed);
        }
        catch (TimeoutException)
        {
            return "The manager does not answer.";
        }
        catch (OperationCanceledException)
        {
            return stopping.IsCancellationRequested ? "The agent leaves." : _line.Problem;
        }
#pragma warning disable CA1031 // A session must not take the loop with it that would open the next.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return $"The session could not go on: {fault.Message}";
        }
    }
}
