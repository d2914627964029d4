namespace NodeAgent.Hypervisor.Ledger;

/// <summary>Why a batch was refused; nothing of it was written. A closed hierarchy.</summary>
public abstract record LedgerRefusal
{
    private protected LedgerRefusal()
    {
    }
}

/// <summary>The request id was used before.</summary>
/// <param name="Winner">The earlier use; its outcome is the answer, provided that it asked for the same.</param>
/// <param name="IsConflict">
/// Whether the earlier use asked for something else: the caller made a mistake and must be told so.
/// </param>
public sealed record KeyTaken(KeyRow Winner, bool IsConflict) : LedgerRefusal;

/// <summary>A VM with this id or name exists.</summary>
/// <param name="ExistingId">The VM that has it.</param>
/// <param name="Name">The name that is taken; null when it is the id.</param>
public sealed record VmTaken(Guid ExistingId, string? Name) : LedgerRefusal;

/// <summary>The VM is not there.</summary>
/// <param name="VmId">The VM that was meant.</param>
public sealed record VmMissing(Guid VmId) : LedgerRefusal;

/// <summary>The VM was changed by somebody else in the meantime.</summary>
/// <param name="VmId">The VM that was meant.</param>
/// <param name="Generation">The generation that is stored.</param>
public sealed record VmChanged(Guid VmId, long Generation) : LedgerRefusal;
