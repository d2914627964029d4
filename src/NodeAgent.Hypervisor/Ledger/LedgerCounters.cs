namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What the ledger has done since it was opened. A snapshot for metrics and tests.</summary>
/// <param name="Commits">Transactions that made batches durable; each is one sync of the log file.</param>
/// <param name="Chores">
/// Transactions of the ledger's own, which no caller waits for: recording the open, trimming, trying a disk that was
/// full. Each is one sync as well.
/// </param>
/// <param name="Batches">Batches made durable by them.</param>
/// <param name="Refused">Batches refused for what is stored.</param>
/// <param name="Failed">Batches not written because the disk or the file failed.</param>
/// <param name="Checkpoints">
/// Copies of the log file back into the database, in quiet moments beside the commits; each is up to three further syncs
/// beside its chore.
/// </param>
/// <param name="Events">Events appended.</param>
/// <param name="EventsTrimmed">Events removed for their age or number.</param>
/// <param name="EventsLost">Events lost because the disk took nothing for longer than memory could hold them.</param>
/// <param name="LastCommit">How long the last transaction took, from its begin to the end of its sync.</param>
public sealed record LedgerCounters(
    long Commits, long Chores, long Batches, long Refused, long Failed, long Checkpoints, long Events, long EventsTrimmed,
    long EventsLost, TimeSpan LastCommit)
{
    /// <summary>Records of the audit log lost for the same reason.</summary>
    public long AuditLost { get; init; }
}
