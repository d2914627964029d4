using NodeAgent.Fleet;
using NodeAgent.Manager.V1;
using NodeAgent.Tls;

namespace NodeAgent.Sessions;

/// <summary>
/// The session's sign of life. A lease goes out every interval, and the one before must have been answered by then: a
/// connection that is dead without a word, or a manager that hangs behind a proxy that lives, is noticed within one interval.
/// </summary>
internal sealed class SessionLeases(SessionOutput output, SessionBoard board, CredentialStore credentials, TimeProvider time)
{
    private long _sent;
    private long _answered;

    /// <summary>Renews the lease until the session ends.</summary>
    /// <param name="hello">What the lease repeats.</param>
    /// <param name="interval">How often.</param>
    /// <param name="cancellationToken">The session's end.</param>
    /// <exception cref="SessionException">A lease was not answered.</exception>
    public async Task RunAsync(Hello hello, TimeSpan interval, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            if (Volatile.Read(ref _answered) < _sent)
            {
                throw new SessionException($"A lease was not answered within {interval.TotalSeconds:0.#} s.");
            }

            // It waits in line behind no more than one message that the manager does not take; then the time is up as well.
            await output.SayAsync(
                new Lease
                {
                    NodeId = hello.Node.NodeId,
                    BootId = hello.BootId,
                    AgentEpoch = hello.AgentEpoch,
                    Sequence = Interlocked.Increment(ref _sent),
                    TrustVersion = credentials.Current?.Files.TrustVersion ?? 0,
                },
                cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>A lease was answered; an answer to one that was not sent yet is one to the last that was.</summary>
    public void Answered(LeaseAck answer)
    {
        var sequence = Math.Min(answer.Sequence, Volatile.Read(ref _sent));
        Volatile.Write(ref _answered, Math.Max(Volatile.Read(ref _answered), sequence));
        board.LeaseAnswered();
    }
}
