namespace NodeAgent.Hypervisor.Ledger;

/// <summary>The ends of the audit log, known without a query, and who is told of what is added.</summary>
internal sealed class AuditHead(AuditEnds ends)
{
    private readonly EventHead _bell = new(ends.Oldest, ends.Head.Sequence);
    private AuditEnds _ends = ends;

    /// <summary>Raised on the writer's thread for each durable record, in order; a subscriber must be quick.</summary>
    public event Action<AuditRecord>? Added;

    public AuditEnds Ends => Volatile.Read(ref _ends);

    /// <summary>Tells of records that are durable.</summary>
    public void Publish(IReadOnlyList<AuditRecord> records)
    {
        if (records.Count == 0)
        {
            return;
        }

        Volatile.Write(ref _ends, _ends with { Head = records[^1].Place });
        _bell.Publish(records[^1].Sequence);
        foreach (AuditRecord record in records)
        {
            Added?.Invoke(record);
        }
    }

    /// <summary>Tells that what comes before a record has been removed.</summary>
    public void Trim(AuditPlace anchor, long oldest) => Volatile.Write(ref _ends, _ends with { Anchor = anchor, Oldest = oldest });

    /// <summary>Ends when there is a record beyond this number.</summary>
    public Task WaitBeyondAsync(long sequence) => _bell.WaitBeyondAsync(sequence);
}
