using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>
/// The ledger was found damaged, was set aside, and what could be read of it went into a new one, which has another id.
/// A VM that is missing now may still run: recovery quarantines what it can't attribute.
/// </summary>
/// <param name="Findings">What was found, for a person.</param>
/// <param name="KeptAs">Path of the damaged file, which is never deleted by the agent; null when there was none.</param>
/// <param name="Salvaged">How many rows of each table were carried over, and how many were found unreadable.</param>
/// <param name="UnreadableVms">VMs whose row was there and did not agree with its checksum.</param>
/// <param name="OrphanRuns">Readable runs of VMs that are lost.</param>
public sealed record LedgerDamage(
    ImmutableArray<string> Findings, string? KeptAs, ImmutableArray<SalvageCount> Salvaged,
    ImmutableArray<UnreadableRow> UnreadableVms, ImmutableArray<RunRow> OrphanRuns);

/// <summary>How a table fared in a salvage.</summary>
/// <param name="Table">The table.</param>
/// <param name="Carried">Rows that agreed with their checksum and were carried over.</param>
/// <param name="Unreadable">Rows that were there and did not.</param>
/// <param name="IsComplete">Whether the table could be read from one end to the other.</param>
public sealed record SalvageCount(string Table, int Carried, int Unreadable, bool IsComplete);

/// <summary>A row that did not agree with its checksum: some of its columns may be right, none can be trusted.</summary>
/// <param name="Values">The columns as they read.</param>
public sealed record UnreadableRow(ImmutableArray<string?> Values);
