namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The end of the audit log as it is being written: what is added is tied to what stands before it, committed or not.</summary>
internal sealed class AuditTail(AuditPlace head)
{
    private readonly List<AuditRecord> _added = [];

    /// <summary>The newest record, committed or not.</summary>
    public AuditPlace Head { get; private set; } = head;

    /// <summary>Whether something was added that nobody has taken.</summary>
    public bool HasAdded => _added.Count > 0;

    /// <summary>The record that a fact becomes if it is written next.</summary>
    public AuditRecord Next(AuditDraft fact)
    {
        AuditDraft bounded = fact.Bounded();
        return new AuditRecord(Head.Sequence + 1, bounded, AuditChain.HashOf(Head.Hash, Head.Sequence + 1, bounded));
    }

    public void Add(AuditRecord record)
    {
        _added.Add(record);
        Head = record.Place;
    }

    /// <summary>Forgets what was added after a place, which is rolled back.</summary>
    public void BackTo(AuditPlace place)
    {
        _added.RemoveAll(record => record.Sequence > place.Sequence);
        Head = place;
    }

    /// <summary>What was added since the last time, which is durable now.</summary>
    public List<AuditRecord> Take()
    {
        List<AuditRecord> taken = [.. _added];
        _added.Clear();
        return taken;
    }
}
