namespace NodeAgent.Hypervisor.Ledger;

/// <summary>One change of the ledger. A closed hierarchy.</summary>
public abstract record LedgerWrite
{
    private protected LedgerWrite()
    {
    }
}

/// <summary>Adds a VM. Refused with <see cref="VmTaken"/> when its id or name is in use.</summary>
/// <param name="Vm">The VM.</param>
public sealed record InsertVm(VmRow Vm) : LedgerWrite;

/// <summary>Replaces a VM. Refused with <see cref="VmChanged"/> or <see cref="VmTaken"/> (of a new name).</summary>
/// <param name="Vm">The VM as it shall be.</param>
/// <param name="ExpectedGeneration">The generation that must be stored now.</param>
public sealed record UpdateVm(VmRow Vm, long ExpectedGeneration) : LedgerWrite;

/// <summary>Removes a VM with its runs and its intent; removing what is not there is no error.</summary>
/// <param name="VmId">The VM.</param>
public sealed record DeleteVm(Guid VmId) : LedgerWrite;

/// <summary>Adds or replaces a run. Refused with <see cref="VmMissing"/> when its VM is not there.</summary>
/// <param name="Run">The run.</param>
public sealed record PutRun(RunRow Run) : LedgerWrite;

/// <summary>Removes a run; removing what is not there is no error.</summary>
/// <param name="RunId">The run.</param>
public sealed record DeleteRun(Guid RunId) : LedgerWrite;

/// <summary>Adds or replaces a VM's intent. Refused with <see cref="VmMissing"/> when its VM is not there.</summary>
/// <param name="Intent">The intent.</param>
public sealed record PutIntent(IntentRow Intent) : LedgerWrite;

/// <summary>Removes a VM's intent; removing what is not there is no error.</summary>
/// <param name="VmId">The VM.</param>
public sealed record ClearIntent(Guid VmId) : LedgerWrite;

/// <summary>Adds or replaces an operation.</summary>
/// <param name="Operation">The operation.</param>
public sealed record PutOperation(OperationRow Operation) : LedgerWrite;

/// <summary>Uses a request id. Refused with <see cref="KeyTaken"/> when it was used within the configured age.</summary>
/// <param name="Key">The request id and what comes of it.</param>
public sealed record ClaimKey(KeyRow Key) : LedgerWrite;

/// <summary>Takes the node into maintenance, or out of it.</summary>
/// <param name="Maintenance">What is to be on record; <c>null</c> for none.</param>
public sealed record SetMaintenance(MaintenanceRow? Maintenance) : LedgerWrite;

/// <summary>Appends to the event log.</summary>
/// <param name="Fact">What happened.</param>
public sealed record AppendEvent(EventDraft Fact) : LedgerWrite;

/// <summary>Appends to the audit log.</summary>
/// <param name="Fact">Who did what.</param>
public sealed record AppendAudit(AuditDraft Fact) : LedgerWrite
{
    /// <summary>The call that waits to be on record; told once the batch is durable.</summary>
    public AuditEntry? Entry { get; init; }
}
