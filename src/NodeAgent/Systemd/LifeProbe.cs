namespace NodeAgent.Systemd;

/// <summary>
/// Asks one of the agent's loops whether it still comes round. A loop that takes its time is asked once and waited for;
/// one that has not answered for longer than its patience counts as dead.
/// </summary>
/// <param name="what">What is asked, for messages: "the ledger's writer".</param>
/// <param name="patience">How long no answer is still no worry.</param>
/// <param name="time">The clock.</param>
/// <param name="ask">Asks; completes with the answer.</param>
internal sealed class LifeProbe(string what, TimeSpan patience, TimeProvider time, Func<Task> ask)
{
    private long _answered = time.GetTimestamp();
    private Task? _asked;

    /// <summary>Completes with the answer to what was asked last.</summary>
    internal Task Answer => _asked ?? Task.CompletedTask;

    /// <summary>Takes an answer that has come, and asks again.</summary>
    /// <returns><c>null</c> while it lives; otherwise what is missed.</returns>
    public string? Look()
    {
        if (_asked is not { IsCompleted: false })
        {
            _answered = _asked is null or { IsCompletedSuccessfully: true } ? time.GetTimestamp() : _answered;

            // On another thread: a loop that holds a lock must not hold up who asks.
            _asked = Task.Run(ask);
        }

        var silence = time.GetElapsedTime(_answered);
        return silence < patience ? null : $"{what} has not answered for {silence.TotalSeconds:0} s";
    }
}
