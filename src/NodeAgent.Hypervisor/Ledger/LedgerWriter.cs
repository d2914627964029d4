using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The only writer of the ledger: a thread of its own, because a sync can block for seconds on a sick disk and must not
/// take a pool thread with it. Whatever queued while one transaction was being synced goes into the next.
/// </summary>
internal sealed partial class LedgerWriter : IAsyncDisposable
{
    private const int GroupLimit = 512;
    private readonly object _gate = new();
    private readonly Queue<LedgerSubmission> _queue = new();
    private readonly Queue<TaskCompletionSource> _calls = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LedgerOptions _options;
    private readonly LedgerGroupWriter _group;
    private readonly LedgerTidy _tidy;
    private readonly ILogger _logger;
    private readonly ITimer _healTimer;
    private readonly ITimer _tidyTimer;
    private readonly ITimer _quietTimer;
    private LedgerChore _due;
    private bool _isStopping;
    private bool _isCheckpointAwaited;

    public LedgerWriter(LedgerGroupWriter group, LedgerTidy tidy, LedgerOptions options, TimeProvider time, ILogger logger)
    {
        _group = group;
        _tidy = tidy;
        _options = options;
        _logger = logger;
        _healTimer = time.CreateTimer(_ => Ask(LedgerChore.Heal), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _quietTimer = time.CreateTimer(
            _ => Ask(LedgerChore.Checkpoint), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _tidyTimer = time.CreateTimer(_ => Ask(LedgerChore.Trim), null, options.TidyInterval, options.TidyInterval);
        // Recording the open is the first thing that is written, and nobody waits for it: an agent whose disk is full
        // starts all the same.
        _due = LedgerChore.Heal;
        new Thread(Run, maxStackSize: 512 * 1024) { Name = "ledger", IsBackground = true }.Start();
    }

    /// <summary>Hands a batch to the writer.</summary>
    /// <exception cref="LedgerException">Too many batches wait, or the ledger is closing.</exception>
    public Task<LedgerCommit> SubmitAsync(LedgerBatch batch, bool isObserved)
    {
        var submission = new LedgerSubmission(batch, isObserved);
        lock (_gate)
        {
            if (_isStopping)
            {
                throw new LedgerException(LedgerReason.Closed, "ledger: closing");
            }

            // What was observed can't be asked for again, so it may wait where a request may not.
            if (_queue.Count >= (isObserved ? 2 * _options.QueueLimit : _options.QueueLimit))
            {
                throw new LedgerException(LedgerReason.Overloaded, $"ledger: {_queue.Count} batches wait already");
            }

            _queue.Enqueue(submission);
            Monitor.Pulse(_gate);
        }

        return submission.Task;
    }

    /// <summary>Completes when the loop has come round.</summary>
    /// <exception cref="LedgerException">The ledger is closing.</exception>
    public Task ProveAliveAsync()
    {
        var call = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isStopping)
            {
                throw new LedgerException(LedgerReason.Closed, "ledger: closing");
            }

            _calls.Enqueue(call);
            Monitor.Pulse(_gate);
        }

        return call.Task;
    }

    /// <summary>Writes what is queued, closes the file in order, and ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        await _ended.Task;
        await _healTimer.DisposeAsync();
        await _quietTimer.DisposeAsync();
        await _tidyTimer.DisposeAsync();
    }

    private void Ask(LedgerChore chore)
    {
        lock (_gate)
        {
            _due |= chore;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        try
        {
            while (TryTake(out List<LedgerSubmission> group, out LedgerChore due))
            {
                Work(group, due);
            }

            _tidy.Close();
        }
        catch (Exception error)
        {
            // Nothing is expected here, and a thread that throws would take the process and its guests' agent down.
            LogDied(_logger, error);
        }
        finally
        {
            FailRest();
            _ended.TrySetResult();
        }
    }

    private bool TryTake(out List<LedgerSubmission> group, out LedgerChore due)
    {
        lock (_gate)
        {
            AnswerCalls();
            while (_queue.Count == 0 && _due == LedgerChore.None && !_isStopping)
            {
                Monitor.Wait(_gate);
                AnswerCalls();
            }

            group = new List<LedgerSubmission>(Math.Min(_queue.Count, GroupLimit));
            while (group.Count < GroupLimit && _queue.TryDequeue(out LedgerSubmission? submission))
            {
                group.Add(submission);
            }

            due = _due;
            _due = LedgerChore.None;
            return group.Count > 0 || due != LedgerChore.None || !_isStopping;
        }
    }

    private void AnswerCalls()
    {
        while (_calls.TryDequeue(out TaskCompletionSource? call))
        {
            call.SetResult();
        }
    }

    private void Work(List<LedgerSubmission> group, LedgerChore due)
    {
        try
        {
            if (group.Count > 0 || due.HasFlag(LedgerChore.Heal))
            {
                _group.Write(group);
            }

            LedgerChore next = _tidy.Run(due);
            if (next.HasFlag(LedgerChore.Trim))
            {
                Ask(LedgerChore.Trim);
            }

            _isCheckpointAwaited &= !due.HasFlag(LedgerChore.Checkpoint);
            if (next.HasFlag(LedgerChore.Checkpoint) && !_isCheckpointAwaited)
            {
                _isCheckpointAwaited = true;
                _quietTimer.Change(LedgerTidy.QuietTime, Timeout.InfiniteTimeSpan);
            }

            if (_group.NeedsHealing)
            {
                _healTimer.Change(_options.HealInterval, Timeout.InfiniteTimeSpan);
            }
        }
        catch (Exception error)
        {
            LogDefect(_logger, error);
            var failure = new LedgerException(LedgerReason.Internal, "ledger: a defect of the agent", error);
            group.ForEach(submission => submission.Fail(failure));
        }
    }

    private void FailRest()
    {
        lock (_gate)
        {
            _isStopping = true;
            while (_queue.TryDequeue(out LedgerSubmission? submission))
            {
                submission.Fail(new LedgerException(LedgerReason.Closed, "ledger: closed"));
            }

            while (_calls.TryDequeue(out TaskCompletionSource? call))
            {
                call.SetException(new LedgerException(LedgerReason.Closed, "ledger: closed"));
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The ledger's writer ended; nothing is recorded any more")]
    private static partial void LogDied(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger's writer met something unexpected and goes on")]
    private static partial void LogDefect(ILogger logger, Exception error);
}
