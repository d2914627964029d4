using System.Collections.Immutable;

namespace NodeAgent.Hypervisor.Ledger;

/// <summary>What the ledger held when it was opened; every row agreed with its checksum.</summary>
/// <param name="Vms">All VMs.</param>
/// <param name="Runs">All recorded runs.</param>
/// <param name="Intents">All intents: what was being done when the agent ended.</param>
/// <param name="Unfinished">Operations that were begun and not ended.</param>
/// <param name="LastOperation">The highest operation number in use; 0 when there is none.</param>
public sealed record LedgerContents(
    ImmutableArray<VmRow> Vms, ImmutableArray<RunRow> Runs, ImmutableArray<IntentRow> Intents,
    ImmutableArray<OperationRow> Unfinished, long LastOperation)
{
    /// <summary>The node's maintenance; <c>null</c> when it is in service.</summary>
    public MaintenanceRow? Maintenance { get; init; }
}
