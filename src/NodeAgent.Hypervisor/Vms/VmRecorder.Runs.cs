using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What an agent that comes after has to know of a run: why its process may be gone, how often it was restarted, its limits.</content>
internal sealed partial class VmRecorder
{
    /// <summary>How far the restart policy has come. It goes with every record of a run.</summary>
    public RestartStanding? Restarts { get; set; } = lastRun?.Restarts;

    /// <summary>
    /// The guest has ended, and its QEMU is cleared away next: event and intent in one batch, so that an agent that comes
    /// after finds out why the process is gone.
    /// </summary>
    public void GuestEnded(VmDefinition definition, VmExitReason reason, Guid? operation, Guid? runId, bool recovered) =>
        _ = RecordAsync(
            new LedgerBatch(
                Fact(definition, EventKinds.VmGuestShutdown, "The guest shut down.", EventSeverity.Info, null, recovered),
                ClearingAway(reason, operation, runId)),
            definition);

    /// <summary>Its guest has ended in another way than a shutdown, and QEMU is cleared away next.</summary>
    public void ClearsAway(VmDefinition definition, VmExitReason reason, Guid? runId) =>
        _ = RecordAsync(new LedgerBatch(ClearingAway(reason, null, runId)), definition);

    /// <summary>A shutdown comes to its last resort, and kills. Waits for the disk, but not for long.</summary>
    public Task ForcesAsync(VmJob job, VmDefinition definition, Guid runId, TimeSpan patience)
    {
        var intent = new IntentRow(vmId, nameof(VmWork.Kill), job.Operation?.Id, runId, "", services.Time.GetUtcNow());
        return Task.WhenAny(RecordAsync(new LedgerBatch(new PutIntent(intent)), definition), Task.Delay(patience, services.Time));
    }

    /// <summary>A restart that was due is not wanted any more.</summary>
    public void GiveUpRestart(VmDefinition definition, VmExit? lastExit)
    {
        Restarts = null;
        var batch = new LedgerBatch();
        PutRun(batch, new RunRecord(_runId ?? Guid.NewGuid(), null, lastExit));
        _ = RecordAsync(batch, definition);
    }

    /// <summary>Other limits are in force for a run.</summary>
    public void Limited(VmDefinition definition, VmRun run, RunStanding? standing)
    {
        var batch = new LedgerBatch();
        PutRun(batch, new RunRecord(run.Id, run, null) { Standing = standing });
        _ = RecordAsync(batch, definition);
    }

    private PutIntent ClearingAway(VmExitReason reason, Guid? operation, Guid? runId) =>
        new(new IntentRow(vmId, nameof(VmWork.ClearAway), operation, runId, reason.ToString(), services.Time.GetUtcNow()));
}
