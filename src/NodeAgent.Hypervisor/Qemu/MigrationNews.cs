namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Wakes whoever waits for a migration's end. QEMU tells of each step by an event; what it says when it is asked is the
/// truth, so that news which a lost connection swallowed costs time and nothing else.
/// </summary>
public sealed class MigrationNews
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the next news. Take it before asking, and nothing is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    internal void Tell() =>
        Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
