using Grpc.Core;
using Grpc.Net.Client;
using NodeAgent.Fleet;
using NodeAgent.Manager.V1;

namespace NodeAgent.Sessions;

/// <summary>One session with a manager, from Hello to its end. It ends for one reason, whichever part finds it first.</summary>
internal sealed class Session(SessionParts parts, GrpcChannel channel, string endpoint, Action<OpenTunnel> openTunnel, TaskCompletionSource welcomed)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10), LongestInterval = TimeSpan.FromMinutes(1);

    /// <summary>Runs it.</summary>
    /// <returns>Never: it ends by an exception.</returns>
    /// <exception cref="SessionException">It ended, and why.</exception>
    /// <exception cref="RpcException">It ended, or never began.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = new SessionService.SessionServiceClient(channel).OpenSession(cancellationToken: life.Token);
        var hello = Greet();
        await call.RequestStream.WriteAsync(new OpenSessionRequest { Hello = hello }, life.Token).WaitAsync(Patience, parts.Time, life.Token);
        var welcome = await WelcomeAsync(call.ResponseStream, life.Token);
        parts.Board.Connected(welcome.ManagerId, endpoint);
        welcomed.TrySetResult();

        var interval = welcome.LeaseInterval?.ToTimeSpan() ?? TimeSpan.FromSeconds(5);
        interval = interval < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : interval > LongestInterval ? LongestInterval : interval;
        var output = new SessionOutput(call.RequestStream);
        var leases = new SessionLeases(output, parts.Board, parts.Credentials, parts.Time);
        var inventory = new SessionInventory(output, parts.View, parts.Time);
        var events = new SessionEvents(output, parts.View, parts.Board);
        Task[] all =
        [
            output.RunAsync(life.Token),
            leases.RunAsync(hello, interval, life.Token),
            inventory.RunAsync(life.Token),
            events.RunAsync(welcome.AcknowledgedEvent, life.Token),
            ListenAsync(call.ResponseStream, leases, inventory, events, life.Token),
        ];
        var first = await Task.WhenAny(all);
        await life.CancelAsync();
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // The manager's own words count more than that our writing failed.
        await (all[^1].IsFaulted && all[^1].Exception!.InnerException is RpcException { StatusCode: not StatusCode.Cancelled } ? all[^1] : first);
    }

    private Hello Greet()
    {
        var (newest, oldest) = (parts.View.Events.Newest, parts.View.Events.Oldest);
        return new Hello
        {
            Node = parts.Portrait.Draw(),
            BootId = parts.Portrait.BootId,
            AgentEpoch = parts.View.Epoch,
            EventLogId = newest.LedgerId.ToString("D"),
            NewestEvent = newest.Sequence,
            OldestEvent = oldest.Sequence + 1,
            TrustVersion = parts.Credentials.Current?.Files.TrustVersion ?? 0,
        };
    }

    private async Task<Welcome> WelcomeAsync(IAsyncStreamReader<OpenSessionResponse> answers, CancellationToken cancellationToken)
    {
        try
        {
            return await answers.MoveNext(cancellationToken).WaitAsync(Patience, parts.Time, cancellationToken) && answers.Current.Welcome is { } welcome
                ? welcome
                : throw new SessionException("The manager did not answer with a welcome.");
        }
        catch (TimeoutException)
        {
            throw new SessionException($"The manager did not answer within {Patience.TotalSeconds:0} s.");
        }
    }

    private async Task ListenAsync(
        IAsyncStreamReader<OpenSessionResponse> answers, SessionLeases leases, SessionInventory inventory, SessionEvents events, CancellationToken cancellationToken)
    {
        while (await answers.MoveNext(cancellationToken))
        {
            var answer = answers.Current;
            switch (answer.ItemCase)
            {
                case OpenSessionResponse.ItemOneofCase.Lease:
                    leases.Answered(answer.Lease);
                    break;
                case OpenSessionResponse.ItemOneofCase.Inventory:
                    inventory.Confirmed(answer.Inventory);
                    break;
                case OpenSessionResponse.ItemOneofCase.Events:
                    events.Acknowledged(answer.Events);
                    break;
                case OpenSessionResponse.ItemOneofCase.OpenTunnel:
                    openTunnel(answer.OpenTunnel);
                    break;
                case OpenSessionResponse.ItemOneofCase.UpdateTrust:
                    parts.Keep(answer.UpdateTrust);
                    break;
                case OpenSessionResponse.ItemOneofCase.UpdateEndpoints:
                    parts.Keep(answer.UpdateEndpoints);
                    break;
                default:
                    // Of a newer contract; what we do not know we need not do.
                    break;
            }
        }

        throw new SessionException("The manager ended the session.");
    }
}
