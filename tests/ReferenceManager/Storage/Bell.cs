namespace ReferenceManager.Storage;

/// <summary>Wakes everybody who waits for something to have changed. Take <see cref="Next"/>, look, then await it.</summary>
internal sealed class Bell
{
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next ring.</summary>
    public Task Next => _next.Task;

    /// <summary>Something has changed.</summary>
    public void Ring() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
