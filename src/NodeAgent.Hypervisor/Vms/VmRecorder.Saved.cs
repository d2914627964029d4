using System.Collections.Immutable;
using System.Globalization;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>
/// What is on record of a guest's state on disk. It goes with every record of a run until the guest goes on from it, or
/// somebody gives it up; all three are decisions, and wait for the disk.
/// </content>
internal sealed partial class VmRecorder
{
    /// <summary>The state that is on record; <c>null</c> where there is none.</summary>
    public SavedState? Saved { get; private set; } = lastRun?.Saved;

    /// <summary>Makes it durable that a state is whole: from here on it counts, and not the QEMU that it came from.</summary>
    /// <exception cref="LedgerException">It could not be recorded, so that nothing has changed.</exception>
    /// <exception cref="VmException">The VM is no more.</exception>
    public Task SuspendedAsync(VmMessage.StateSaved told, VmDefinition definition, VmRun run) => DecideAsync(
        told.Saved,
        new RunRecord(run.Id, run, null),
        definition,
        (EventKinds.VmSuspended, $"Suspended to disk: {told.Saved.SizeBytes >> 10} KiB in {told.Took.TotalMilliseconds:0} ms.", EventSeverity.Info),
        told.Job.Operation?.Current,
        Measures(told.Saved.SizeBytes, told.Took));

    /// <summary>Makes it durable that the guest goes on as another run, before it does: no later agent goes on from the state again.</summary>
    /// <exception cref="LedgerException">It could not be recorded, so that nothing has changed.</exception>
    /// <exception cref="VmException">The VM is no more.</exception>
    public Task RestoredAsync(VmJob job, VmDefinition definition, VmRun run, SavedState saved)
    {
        var now = services.Time.GetUtcNow();
        var words = $"Goes on from the state on disk after {(now - saved.Time).TotalSeconds:0} s: {saved.SizeBytes >> 10} KiB, there in {(now - run.StartTime).TotalMilliseconds:0} ms.";
        return DecideAsync(
            null, new RunRecord(run.Id, run, null), definition, (EventKinds.VmRestored, words, EventSeverity.Info),
            job.Operation?.Current, Measures(saved.SizeBytes, now - run.StartTime));
    }

    /// <summary>Makes it durable that nobody will go on from the state.</summary>
    /// <exception cref="LedgerException">It could not be recorded, so that nothing has changed.</exception>
    /// <exception cref="VmException">The VM is no more.</exception>
    public Task DiscardedAsync(VmJob job, VmDefinition definition, VmExit? lastExit, SavedState saved) => DecideAsync(
        null,
        new RunRecord(_runId ?? Guid.NewGuid(), null, lastExit),
        definition,
        (EventKinds.VmSavedStateDiscarded, $"The state on disk of {saved.Time:u} was given up on request.", EventSeverity.Warning),
        job.Operation?.Current,
        null);

    /// <summary>Puts on record that a state is void, because its guest has run since.</summary>
    public void Outlived(VmDefinition definition, VmRun run, RunStanding? standing)
    {
        var batch = new LedgerBatch(Fact(
            definition, EventKinds.VmSavedStateDiscarded, $"The state on disk of {Saved!.Time:u} is void: the guest has run since.", EventSeverity.Warning, null, true));
        Saved = null;
        PutRun(batch, new RunRecord(run.Id, run, null) { Standing = standing });
        _ = RecordAsync(batch, definition);
    }

    private async Task DecideAsync(
        SavedState? next, RunRecord record, VmDefinition definition, (string Kind, string Message, EventSeverity Severity) what, Operation? operation,
        IReadOnlyDictionary<string, string>? details)
    {
        var (saved, runId) = (Saved, _runId);
        Saved = next;
        try
        {
            var batch = new LedgerBatch(Event(definition, what.Kind, what.Message, what.Severity, operation, false, details));
            PutRun(batch, record);
            if (await services.Ledger.CommitAsync(batch) is RefusedCommit { Refusal: var refusal })
            {
                throw VmRecords.Refused(refusal);
            }
        }
        catch
        {
            (Saved, _runId) = (saved, runId);
            throw;
        }

        VmLog.Happened(services.Logger, what.Severity, definition.Name, (what.Kind, what.Message), operation);
    }

    private static ImmutableSortedDictionary<string, string> Measures(long bytes, TimeSpan took) =>
        ImmutableSortedDictionary<string, string>.Empty
            .Add("size_bytes", bytes.ToString(CultureInfo.InvariantCulture))
            .Add("duration_ms", ((long)took.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
}
