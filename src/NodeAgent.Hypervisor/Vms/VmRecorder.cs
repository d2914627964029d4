using System.Collections.Immutable;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Puts on record what a VM's loop decides and sees: one batch, hence at most one sync, for the begin of a transition
/// and one for its end. Decisions wait for the disk; facts do not, because they are true already.
/// </summary>
internal sealed partial class VmRecorder(VmServices services, Guid vmId, RunRecord? lastRun)
{
    private Guid? _runId = lastRun?.RunId;

    /// <summary>Makes the begin of an operation durable: operation, intent, request id and event in one batch.</summary>
    /// <returns><c>null</c>, or the operation of an earlier request with the same id, whose answer counts.</returns>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public async Task<Operation?> BeginAsync(OperationHandle operation, VmMessage.Ask ask, VmWork work, Guid? runId, VmDefinition definition)
    {
        var now = services.Time.GetUtcNow();
        var batch = new LedgerBatch(
            operation.BeginWrite,
            new PutIntent(new IntentRow(vmId, work.ToString(), operation.Id, runId, IntentOf(ask.Verb), now)),
            Event(definition, EventKinds.VmRequested, $"{ask.Verb.Name} was asked for.", EventSeverity.Info, operation.Current, false),
            ask.Request.Record(now, ask.Verb.Name, vmId, definition.Name, operation.Id));
        ClaimKey(batch, ask.Request, ask.Verb.Name, operation.Id);
        if (await services.Ledger.CommitAsync(batch) is RefusedCommit refused)
        {
            return await EarlierAsync(refused);
        }

        services.Operations.Publish(operation);
        return null;
    }

    /// <summary>Puts on record that there is nothing to do: the operation begins and ends in one batch.</summary>
    /// <param name="ask">What was asked for.</param>
    /// <param name="givesUp">Where a restart that is due is given up with it: how the last run ended.</param>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public async Task<Operation> NothingToDoAsync(VmMessage.Ask ask, VmExit? givesUp)
    {
        var operation = services.Operations.Draft(ask.Verb.Name, vmId, ask.Request);
        operation.Report("nothing-to-do", 100);
        var end = operation.EndWrite(null);
        var batch = new LedgerBatch(end, ask.Request.Record(services.Time.GetUtcNow(), ask.Verb.Name, vmId, "", operation.Id));
        ClaimKey(batch, ask.Request, ask.Verb.Name, operation.Id);
        if (givesUp is not null)
        {
            PutRun(batch, new RunRecord(_runId ?? Guid.NewGuid(), null, givesUp), restarts: null);
        }

        if (await services.Ledger.CommitAsync(batch) is RefusedCommit refused)
        {
            return await EarlierAsync(refused);
        }

        Restarts = givesUp is null ? Restarts : null;
        services.Operations.Publish(operation);
        services.Operations.Complete(operation, end);
        return operation.Current;
    }

    /// <summary>Ties a request to the operation that is under way already.</summary>
    /// <exception cref="LedgerException">It could not be recorded.</exception>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public async Task<Operation> JoinAsync(VmMessage.Ask ask, OperationHandle current)
    {
        var batch = new LedgerBatch();
        ClaimKey(batch, ask.Request, ask.Verb.Name, current.Id);
        return batch.Count > 0 && await services.Ledger.CommitAsync(batch) is RefusedCommit refused
            ? await EarlierAsync(refused)
            : current.Current;
    }

    /// <summary>The operation of an earlier request with the same id; <c>null</c> when there was none.</summary>
    /// <exception cref="VmException">The request id was used for something else.</exception>
    public async Task<Operation?> FindRepeatAsync(VmMessage.Ask ask)
    {
        if (string.IsNullOrEmpty(ask.Request.RequestId)
            || await services.Ledger.FindKeyAsync(ask.Request.Caller, ask.Request.RequestId, CancellationToken.None) is not { } key)
        {
            return null;
        }

        return await EarlierAsync(new RefusedCommit(new KeyTaken(key, !key.IsSameRequest(KeyOf(ask.Request, ask.Verb.Name, null)))));
    }

    /// <summary>Whether a request id was used before; "no" when that cannot be found out in time.</summary>
    public async Task<bool> IsRepeatAsync(RequestContext request, TimeSpan patience)
    {
        try
        {
            return !string.IsNullOrEmpty(request.RequestId)
                // Elsewhere: a disk that hangs holds up whoever reads, and not whoever waits here.
                && await Task.Run(() => services.Ledger.FindKeyAsync(request.Caller, request.RequestId, CancellationToken.None)).WaitAsync(patience, services.Time) is not null;
        }
        catch (Exception error) when (error is TimeoutException or LedgerException)
        {
            return false;
        }
    }

    /// <summary>A start got to its end: the run, the operation's end and the event in one batch.</summary>
    public void Started(VmJob job, VmDefinition definition, VmRun run, RunStanding? standing)
    {
        var batch = new LedgerBatch(new ClearIntent(vmId), Fact(
            definition, EventKinds.VmStarted, $"Started with {run.Boot.Accelerator.ToString().ToUpperInvariant()} as process {run.Process!.Pid}.", EventSeverity.Info, job.Operation?.Current, false));
        PutRun(batch, new RunRecord(run.Id, run, null) { Standing = standing });
        _ = EndAsync(batch, job, null, definition);
    }

    /// <summary>A start failed and was undone.</summary>
    public void StartFailed(VmJob job, VmDefinition definition, VmExit exit, Exception failure)
    {
        var batch = new LedgerBatch(new ClearIntent(vmId), Fact(
            definition, EventKinds.VmStartFailed, exit.Message, EventSeverity.Error, job.Operation?.Current, false, Details(exit)));
        PutRun(batch, new RunRecord(job.RunId ?? Guid.NewGuid(), null, exit));
        _ = EndAsync(batch, job, failure, definition);
    }

    /// <summary>The process is gone: the run's end, the end of the operation that asked for it, and the event in one batch.</summary>
    /// <param name="job">The work that was under way.</param>
    /// <param name="definition">The VM.</param>
    /// <param name="exit">How it ended.</param>
    /// <param name="recovered">Whether it was found out after the fact.</param>
    /// <param name="cleared">Completes when all that the run left behind has been cleared away; the operation ends after it.</param>
    public void Gone(VmJob? job, VmDefinition definition, VmExit exit, bool recovered, Task cleared)
    {
        // Whoever asked for an orderly end did not get one where QEMU crashed, was killed or went down with the host.
        var expected = exit.Reason is VmExitReason.GuestShutdown or VmExitReason.KilledByRequest or VmExitReason.HostShutdown or VmExitReason.Suspended;
        var inOrder = expected || exit.Reason is VmExitReason.GuestPanic or VmExitReason.Watchdog;
        var batch = new LedgerBatch(new ClearIntent(vmId), Fact(
            definition, EventKinds.VmStopped, exit.Message, expected ? EventSeverity.Info : EventSeverity.Error, job?.Operation?.Current, recovered, Details(exit)));
        PutRun(batch, new RunRecord(_runId ?? Guid.NewGuid(), null, exit));
        var stops = job?.Work switch
        {
            VmWork.Kill or VmWork.ClearAway => true,
            VmWork.Quit or VmWork.Shutdown => inOrder,
            VmWork.Suspend => exit.Reason is VmExitReason.Suspended,
            _ => false,
        };
        _ = EndAsync(batch, job, stops ? null : new VmException(exit.Reason is VmExitReason.StartFailed ? VmErrorReason.StartFailed : VmErrorReason.QemuEnded, exit.Message), definition, cleared);
    }

    /// <summary>A process was re-attached.</summary>
    public void Adopted(VmDefinition definition, VmRun run, Resync state, RunStanding? standing)
    {
        var batch = new LedgerBatch(Fact(
            definition, EventKinds.VmAdopted, $"Process {run.Process!.Pid} was re-attached; it is {state.State}.", EventSeverity.Info, null, true));
        PutRun(batch, new RunRecord(run.Id, run, null) { Standing = standing });
        _ = RecordAsync(batch, definition);
    }

    /// <summary>Work ended and neither began nor ended a run.</summary>
    /// <param name="job">The work.</param>
    /// <param name="definition">The VM.</param>
    /// <param name="failure">Why it did not succeed; <c>null</c> when it did.</param>
    /// <param name="preempted">Whether other work took its place, whose intent it is by now that is on record.</param>
    public void End(VmJob job, VmDefinition definition, Exception? failure, bool preempted = false)
    {
        var batch = preempted ? new LedgerBatch() : new LedgerBatch(new ClearIntent(vmId));
        if (failure is not null)
        {
            batch.Add(Fact(definition, EventKinds.VmOperationFailed, $"{job.Verb?.Name ?? job.Work.ToString()}: {failure.Message}", EventSeverity.Warning, job.Operation?.Current, false));
        }

        _ = EndAsync(batch, job, failure, definition);
    }

    /// <summary>The state changed by something that was seen.</summary>
    public void Moved(VmDefinition definition, VmState from, VmState to, VmRun? run, DateTimeOffset since, bool recovered)
    {
        var told = (from, to) switch
        {
            (_, VmState.Paused paused) when from is not VmState.Paused => (EventKinds.VmPaused, $"The guest's CPUs stopped: {paused.Cause}."),
            (VmState.Paused, VmState.Running) => (EventKinds.VmResumed, "The guest's CPUs go on."),
            _ => default,
        };
        if (told == default)
        {
            return;
        }

        var batch = new LedgerBatch(Fact(definition, told.Item1, told.Item2, EventSeverity.Info, null, recovered));
        if (run is not null)
        {
            PutRun(batch, new RunRecord(run.Id, run, null) { Standing = new RunStanding(to is VmState.Running, since, (to as VmState.Paused)?.Cause) });
        }

        _ = RecordAsync(batch, definition);
    }

    /// <summary>Appends an event, without waiting for the disk.</summary>
    public void Note(VmDefinition definition, string kind, string message, EventSeverity severity, bool recovered) =>
        _ = RecordAsync(new LedgerBatch(Fact(definition, kind, message, severity, null, recovered)), definition);

    private async Task EndAsync(LedgerBatch batch, VmJob? job, Exception? failure, VmDefinition definition, Task? cleared = null)
    {
        if (job?.Operation is not { } operation || job.Settled)
        {
            await RecordAsync(batch, definition);
            return;
        }

        job.Settled = true;
        var end = operation.EndWrite(failure is null ? null : VmFault.Of(failure), failure is OperationCanceledException or VmException { Reason: VmErrorReason.Cancelled });
        batch.Add(end);
        batch.Add(OperationEnd.Record(end, definition.Name));
        await RecordAsync(batch, definition);
        await (cleared ?? Task.CompletedTask);
        services.Operations.Complete(operation, end);
    }

    private async Task RecordAsync(LedgerBatch batch, VmDefinition definition)
    {
        try
        {
            // A fact that the disk does not take now waits in memory; the guest and its operation do not wait with it.
            await services.Ledger.RecordAsync(batch);
        }
        catch (LedgerException lost)
        {
            VmLog.NotRecorded(services.Logger, definition.Name, lost);
        }
    }

    private void PutRun(LedgerBatch batch, RunRecord record) => PutRun(batch, record, Restarts);

    private void PutRun(LedgerBatch batch, RunRecord record, RestartStanding? restarts)
    {
        if (_runId is { } previous && previous != record.RunId)
        {
            batch.Add(new DeleteRun(previous));
        }

        _runId = record.RunId;
        batch.Add(new PutRun(new RunRow(record.RunId, vmId, (record with { Saved = Saved, Restarts = restarts }).ToJson(), services.Time.GetUtcNow())));
    }

    private async Task<Operation> EarlierAsync(RefusedCommit refused) =>
        refused.Refusal is KeyTaken { IsConflict: false, Winner.OperationId: { } id }
            ? await services.Operations.FindAsync(id, CancellationToken.None)
                ?? throw new VmException(VmErrorReason.RequestIdReused, "The operation of this request_id is no longer kept; choose a new request_id.")
            : throw VmRecords.Refused(refused.Refusal);

    private void ClaimKey(LedgerBatch batch, RequestContext request, string method, Guid? operationId)
    {
        if (!string.IsNullOrEmpty(request.RequestId))
        {
            batch.Add(new ClaimKey(KeyOf(request, method, operationId)));
        }
    }

    private KeyRow KeyOf(RequestContext request, string method, Guid? operationId) => new(
        request.Caller, request.RequestId!, method, $"{vmId:N}:{request.Fingerprint}", operationId, vmId.ToString(), services.Time.GetUtcNow());

    // What happened is logged at once; what is only asked for is logged by whoever takes the request, with the answer.
    private AppendEvent Fact(
        VmDefinition definition, string kind, string message, EventSeverity severity, Operation? operation, bool recovered, IReadOnlyDictionary<string, string>? details = null)
    {
        VmLog.Happened(services.Logger, severity, definition.Name, (kind, message), operation);
        return Event(definition, kind, message, severity, operation, recovered, details);
    }

    private AppendEvent Event(
        VmDefinition definition, string kind, string message, EventSeverity severity, Operation? operation, bool recovered, IReadOnlyDictionary<string, string>? details = null, RequestContext? caller = null) =>
        new(new EventDraft(services.Time.GetUtcNow(), kind, vmId, new EventPayload(message, severity, definition.Name, details).ToJson())
        {
            Recovered = recovered,
            OperationId = operation?.Id,
            RequestId = operation?.RequestId ?? caller?.RequestId,
            Caller = operation?.Caller ?? caller?.Caller,
        });

    private static ImmutableSortedDictionary<string, string> Details(VmExit exit)
    {
        var details = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        details["reason"] = exit.Reason.ToString();
        Add("exit_code", exit.ExitCode?.ToString());
        Add("signal", exit.Signal?.ToString());
        Add("failed_step", exit.FailedStep);
        Add("last_words", exit.LastWords);
        return details.ToImmutable();

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                details[key] = value;
            }
        }
    }

    // What recovery needs to know of the request to finish it.
    private static string IntentOf(VmVerb verb) => verb is VmVerb.Start { Paused: true } ? "paused" : "";
}
