namespace NodeAgent.Fleet;

/// <summary>Where the standing is kept.</summary>
internal sealed class SessionBoard(TimeProvider time)
{
    private SessionStanding _now = new(false, time.GetUtcNow());
    private readonly Bell _changed = new();
    private long _acknowledged;
    private long _sessions;
    private long _leases;

    /// <summary>How it stands.</summary>
    public SessionStanding Now => Volatile.Read(ref _now);

    /// <summary>Completes when it stands otherwise.</summary>
    public Task Changed => _changed.Next;

    /// <summary>The newest event that the manager holds durably.</summary>
    public long AcknowledgedEvent
    {
        get => Volatile.Read(ref _acknowledged);
        set => Volatile.Write(ref _acknowledged, value);
    }

    /// <summary>Sessions that were opened since the agent's start.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    /// <summary>Leases that were answered since the agent's start.</summary>
    public long Leases => Volatile.Read(ref _leases);

    /// <summary>A lease was answered.</summary>
    public void LeaseAnswered() => Interlocked.Increment(ref _leases);

    /// <summary>A session is open.</summary>
    public void Connected(string managerId, string endpoint)
    {
        Interlocked.Increment(ref _sessions);
        Volatile.Write(ref _now, new SessionStanding(true, time.GetUtcNow()) { ManagerId = managerId, Endpoint = endpoint });
        _changed.Ring();
    }

    /// <summary>There is none.</summary>
    public void Disconnected(string endpoint, string problem)
    {
        var before = Now;
        Volatile.Write(ref _now, new SessionStanding(false, before.IsConnected ? time.GetUtcNow() : before.Since) { Endpoint = endpoint, Problem = problem });
        _changed.Ring();
    }
}
