using NodeAgent.Manager.V1;

namespace ReferenceManager.Sessions;

/// <summary>
/// One node of the fleet, as far as this manager knows. In memory, because a lease is worth nothing after a restart; what
/// is worth keeping is also in the database.
/// </summary>
internal sealed class KnownNode(string id, NodeIdentity identity, NodeInventory inventory)
{
    private readonly Lock _gate = new();
    private NodeSession? _session;
    private long? _lease;
    private Hello? _hello;
    private NodeIdentity _identity = identity;
    private long _trustVersion;
    private long _acknowledgedEvent;
    private long _sessions;

    /// <summary>The node's id, which its certificate names.</summary>
    public string Id => id;

    /// <summary>The session that is open; <c>null</c> when none is.</summary>
    public NodeSession? Session
    {
        get { lock (_gate) { return _session; } }
    }

    /// <summary>What it trusts, as it said; from the record, then from its session.</summary>
    public long TrustVersion
    {
        get { lock (_gate) { return _trustVersion; } }
        set { lock (_gate) { _trustVersion = value; } }
    }

    /// <summary>The newest event that was acknowledged in this session's log.</summary>
    public long AcknowledgedEvent
    {
        set { lock (_gate) { _acknowledgedEvent = value; } }
    }

    /// <summary>A session takes the place of the one before.</summary>
    /// <returns>The older session, which is to be ended; <c>null</c> when none was open.</returns>
    public NodeSession? Begin(NodeSession session, Hello hello, long acknowledgedEvent)
    {
        lock (_gate)
        {
            var older = _session;
            _session = session;
            _hello = hello;
            _identity = hello.Node;
            _trustVersion = hello.TrustVersion;
            _acknowledgedEvent = acknowledgedEvent;
            _sessions++;
            inventory.BeginSession();
            return older;
        }
    }

    /// <summary>The session is over, unless a newer one has begun.</summary>
    public void End(NodeSession session)
    {
        lock (_gate)
        {
            _session = _session == session ? null : _session;
        }
    }

    /// <summary>A sign of life.</summary>
    /// <returns>How long after the one before; <c>null</c> for the first.</returns>
    public TimeSpan? Lease(TimeProvider time)
    {
        lock (_gate)
        {
            // Leases are measured and not dated: a clock that is set must neither lose a fleet nor hide a loss.
            var gap = _lease is { } before ? time.GetElapsedTime(before) : (TimeSpan?)null;
            _lease = time.GetTimestamp();
            return gap;
        }
    }

    /// <summary>Takes in what a session tells; what an older session still says is ignored.</summary>
    public InventoryChange? Apply(NodeSession session, Inventory message)
    {
        lock (_gate)
        {
            return _session == session ? inventory.Apply(message) : null;
        }
    }

    /// <summary>Everything at one moment.</summary>
    public NodeStatus Status()
    {
        lock (_gate)
        {
            return new NodeStatus(id, _identity, _session is not null, _lease, _hello, inventory.Node, inventory.Vms, inventory.Generation)
            {
                TrustVersion = _trustVersion,
                AcknowledgedEvent = _acknowledgedEvent,
                Sessions = _sessions,
            };
        }
    }
}
