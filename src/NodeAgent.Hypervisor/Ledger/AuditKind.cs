namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What a record of the audit log is about. The numbers are stored and hashed: never renumber.</summary>
public enum AuditKind
{
    /// <summary>Stands in place of a record whose stored row can't be trusted any more; never stored.</summary>
    Unreadable = 0,

    /// <summary>A call that was carried out, or accepted: its work may go on.</summary>
    Call = 1,

    /// <summary>A call or a connection that was refused or failed.</summary>
    Refusal = 2,

    /// <summary>The end of work that a call or the agent had begun.</summary>
    End = 3,

    /// <summary>Something that the agent did of its own accord.</summary>
    Agent = 4,
}
