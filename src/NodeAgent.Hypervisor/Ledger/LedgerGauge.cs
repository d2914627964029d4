using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What the ledger tells about itself: health and counters. Written by the writer's thread, read by all.</summary>
internal sealed partial class LedgerGauge
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private LedgerHealth _health;
    private LedgerCounters _counters = new(0, 0, 0, 0, 0, 0, 0, 0, 0, TimeSpan.Zero);
    private int _isSuspect;

    public LedgerGauge(TimeProvider time, ILogger logger)
    {
        _time = time;
        _logger = logger;
        _health = new LedgerHealth(LedgerState.Ok, time.GetUtcNow(), 0, 0, 0, null);
    }

    public event EventHandler<LedgerHealth>? HealthChanged;

    public LedgerHealth Health => Volatile.Read(ref _health);

    public LedgerCounters Counters => Volatile.Read(ref _counters);

    public bool IsOk => Health.State == LedgerState.Ok;

    /// <summary>Whether anything was written since the open, and with it the open itself.</summary>
    public bool HasWritten => Counters is { Commits: > 0 } or { Chores: > 0 };

    public long Timestamp => _time.GetTimestamp();

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Whether a read met damage, so that the next open must look closely.</summary>
    public bool IsSuspect => Volatile.Read(ref _isSuspect) != 0;

    public void Suspect(LedgerException cause)
    {
        if (Interlocked.Exchange(ref _isSuspect, 1) == 0)
        {
            LogSuspect(_logger, cause);
        }
    }

    public void ThrowIfDamaged()
    {
        LedgerHealth health = Health;
        if (health.State == LedgerState.Damaged)
        {
            throw new LedgerException(LedgerReason.Damaged, health.Detail ?? "ledger: damaged");
        }
    }

    public void Report(LedgerState state, string? detail, LedgerBacklog? backlog)
    {
        LedgerHealth before = Health;
        var health = new LedgerHealth(
            state,
            state == before.State ? before.Since : Now,
            backlog?.Count ?? 0,
            backlog?.Events ?? 0,
            backlog?.Lost ?? 0,
            detail);
        if (health == before)
        {
            return;
        }

        Volatile.Write(ref _health, health);
        if (state != before.State)
        {
            LogState(_logger, before.State, state, detail);
        }

        HealthChanged?.Invoke(this, health);
    }

    public void Count((LedgerCommit? Commit, LedgerException? Failure)[] outcomes, bool isSynced, long began)
    {
        LedgerCounters c = _counters;
        int refused = 0;
        int failed = 0;
        long events = 0;
        foreach ((LedgerCommit? commit, LedgerException? failure) in outcomes)
        {
            refused += commit is RefusedCommit ? 1 : 0;
            failed += failure is null ? 0 : 1;
            events += commit is DurableCommit { FirstEvent: > 0 } durable ? durable.LastEvent - durable.FirstEvent + 1 : 0;
        }

        Volatile.Write(ref _counters, c with
        {
            Commits = c.Commits + (isSynced && outcomes.Length > 0 ? 1 : 0),
            Chores = c.Chores + (isSynced && outcomes.Length == 0 ? 1 : 0),
            Batches = c.Batches + outcomes.Length - refused - failed,
            Refused = c.Refused + refused,
            Failed = c.Failed + failed,
            Events = c.Events + events,
            LastCommit = isSynced ? _time.GetElapsedTime(began) : c.LastCommit,
        });
    }

    public void CountLost(long events, long audit) => Volatile.Write(ref _counters, _counters with
    {
        EventsLost = _counters.EventsLost + events,
        AuditLost = _counters.AuditLost + audit,
    });

    public void CountFailure() => Volatile.Write(ref _counters, _counters with { Failed = _counters.Failed + 1 });

    public void CountChore(int checkpoints, long trimmed) => Volatile.Write(ref _counters, _counters with
    {
        Chores = _counters.Chores + 1,
        Checkpoints = _counters.Checkpoints + checkpoints,
        EventsTrimmed = _counters.EventsTrimmed + trimmed,
    });

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger went from {Before} to {After}: {Detail}")]
    private static partial void LogState(ILogger logger, LedgerState before, LedgerState after, string? detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "A read of the ledger met damage; the next start sets it aside")]
    private static partial void LogSuspect(ILogger logger, Exception cause);
}
