using System.Collections.Concurrent;

namespace NodeAgent.Hypervisor.Jobs;

/// <summary>
/// Lets the repeats of one request pass one after the other, so that each finds what the one before it has made. Requests
/// without a request_id, and requests that differ in it, never wait for each other.
/// </summary>
public sealed class RequestTurns
{
    private readonly ConcurrentDictionary<(string Caller, string RequestId), TaskCompletionSource> _turns = new();

    /// <summary>Waits for the turn; it ends when the answer is disposed of. <c>null</c> where nobody can be in the way.</summary>
    /// <exception cref="OperationCanceledException">The caller no longer waits.</exception>
    public async Task<IDisposable?> TakeAsync(RequestContext request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (string.IsNullOrEmpty(request.RequestId))
        {
            return null;
        }

        var key = (request.Caller, request.RequestId);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (!_turns.TryAdd(key, ended))
        {
            if (_turns.TryGetValue(key, out var before))
            {
                await before.Task.WaitAsync(cancellationToken);
            }
        }

        return new Turn(() =>
        {
            _turns.TryRemove(new(key, ended));
            ended.TrySetResult();
        });
    }

    private sealed class Turn(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
