namespace NodeAgent.Fleet;

/// <summary>
/// Tells everybody who waits that something changed. Take <see cref="Next"/> before you look at what may have changed, so
/// that what changes meanwhile is not missed.
/// </summary>
internal sealed class Bell
{
    private TaskCompletionSource _next = New();

    /// <summary>Completes at the next change.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Something changed.</summary>
    public void Ring() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
