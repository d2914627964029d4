namespace NodeAgent.Health;

/// <summary>Whether the agent takes requests: not while it starts (ledger, recovery), and no longer once it stops.</summary>
internal sealed class Readiness
{
    private readonly Lock _gate = new();
    private readonly List<Action<AgentPhase>> _observers = [];
    private AgentPhase _phase = AgentPhase.Starting;

    /// <summary>Where the agent is in its life.</summary>
    public AgentPhase Phase
    {
        get
        {
            lock (_gate)
            {
                return _phase;
            }
        }
    }

    /// <summary>Calls <paramref name="observer"/> now and at each change, in order.</summary>
    public void Observe(Action<AgentPhase> observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
            observer(_phase);
        }
    }

    /// <summary>Goes on to a later phase; an earlier one is ignored.</summary>
    public void Advance(AgentPhase phase)
    {
        lock (_gate)
        {
            if (phase <= _phase)
            {
                return;
            }

            _phase = phase;
            foreach (var observer in _observers)
            {
                observer(phase);
            }
        }
    }
}

/// <summary>The agent's own life.</summary>
internal enum AgentPhase
{
    /// <summary>The ledger is being opened and guests are being re-attached.</summary>
    Starting,

    /// <summary>Requests are served.</summary>
    Ready,

    /// <summary>The agent leaves; guests stay.</summary>
    Stopping,
}
