using Grpc.Core;

namespace NodeAgent.Rpc;

/// <summary>
/// Streams at the agent's stop: each is told through <see cref="Link"/> and ends by itself with UNAVAILABLE; one that
/// does not (a client that reads nothing) is reset a little later, so that no client can delay the stop.
/// </summary>
internal sealed class StopGrace(IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>A token that ends with the call or when the agent stops.</summary>
    public CancellationTokenSource Link(ServerCallContext context) =>
        CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);

    /// <summary>What to throw when a linked token has ended.</summary>
    public static Exception Ended(ServerCallContext context) => context.CancellationToken.IsCancellationRequested
        ? new OperationCanceledException(context.CancellationToken)
        : new RpcRefusal(RpcReason.AgentStopping, "The agent is stopping; guests run on. Call again to go on.");

    /// <summary>Resets the call's stream if it outlives the agent's stop; dispose when the call has ended.</summary>
    public IDisposable Watch(ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var timer = time.CreateTimer(static state => ((HttpContext)state!).Abort(), http, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var registration = lifetime.ApplicationStopping.UnsafeRegister(static state => ((ITimer)state!).Change(Grace, Timeout.InfiniteTimeSpan), timer);
        return new Watched(timer, registration);
    }

    private sealed class Watched(ITimer timer, CancellationTokenRegistration registration) : IDisposable
    {
        public void Dispose()
        {
            registration.Dispose();
            timer.Dispose();
        }
    }
}
