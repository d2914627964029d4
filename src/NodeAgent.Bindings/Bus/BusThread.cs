using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// The one thread that touches the native connection. Others post to it; it waits for them and for the bus together,
/// and for nothing else.
/// </summary>
internal sealed class BusThread
{
    private readonly ConcurrentQueue<Action<BusLine>> _posted = new();
    private readonly WakeDescriptor _wake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _logger;
    private volatile bool _isStopping;

    public BusThread(BusOptions options, TimeProvider time, ILogger logger)
    {
        _logger = logger;
        Line = new BusLine(options, time, logger, Post);
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "bus" }.Start();
    }

    /// <summary>Belongs to this thread, but for what says otherwise.</summary>
    public BusLine Line { get; }

    /// <summary>Completes when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Has something done on the thread. What is posted after its end is dropped.</summary>
    public void Post(Action<BusLine> action)
    {
        _posted.Enqueue(action);
        _wake.Wake();
    }

    public void Stop()
    {
        _isStopping = true;
        _wake.Wake();
    }

    private void Run()
    {
        Guarded(() => Line.Open());
        while (!_isStopping)
        {
            Guarded(Turn);
        }

        Guarded(RunPosted);
        Guarded(Line.Dispose);
        _wake.Dispose();
        _ended.SetResult();
    }

    private void Turn()
    {
        RunPosted();
        if (!Line.Turn() && _posted.IsEmpty && !_isStopping)
        {
            var (descriptor, events, milliseconds) = Line.Interest;
            _wake.Wait(descriptor, events, milliseconds);
        }
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out var action))
        {
            action(Line);
        }
    }

    // An exception that leaves a thread ends the process. None is expected here; if one comes, the bus has an episode.
    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error)
        {
            BusLog.Failed(_logger, error);
            Line.Lose("an error of our own");
        }
    }
}
