using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Brings records of saved states and their files together again after the agent's start: a record without a whole file
/// is void, and a file without a record is nobody's.
/// </summary>
internal sealed class SavedStateSweep(VmServices services)
{
    /// <summary>What is on record of a VM, without a saved state whose file is gone or shorter than it was.</summary>
    public RunRecord? WithWhole(VmDefinition definition, RunRecord? record)
    {
        var directory = services.Options.VmStateDirectory(definition.Id);
        StateFile.Sweep(directory, record?.Saved);
        if (record?.Saved is not { } saved || StateFile.IsWhole(directory, saved))
        {
            return record;
        }

        var now = services.Time.GetUtcNow();
        var without = record with { Saved = null };
        var words = $"The guest's saved state of {saved.Time:u} is no more: {saved.File} is missing from {directory}, or cut short. Its next start boots it.";
        _ = services.Ledger.RecordAsync(new LedgerBatch(
            new PutRun(new RunRow(record.RunId, definition.Id, without.ToJson(), now)),
            new AppendEvent(new EventDraft(
                now, EventKinds.VmSavedStateLost, definition.Id, new EventPayload(words, EventSeverity.Error, definition.Name).ToJson())
            {
                Recovered = true,
            })));
        return without;
    }

    /// <summary>Removes the states of VMs that were deleted by an agent that ended before it could.</summary>
    /// <param name="known">All VMs on record.</param>
    public void ClearUnknown(IEnumerable<Guid> known)
    {
        var root = Path.GetDirectoryName(services.Options.VmStateDirectory(Guid.Empty))!;
        var names = known.Select(id => id.ToString("D")).ToHashSet();
        foreach (var directory in Directory.Exists(root) ? Directory.GetDirectories(root) : [])
        {
            if (!names.Contains(Path.GetFileName(directory)))
            {
                StateFile.Sweep(directory, keep: null);
            }
        }
    }
}
