using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>
/// A guest that is saved to disk, and that goes on from there. The work asks the loop to put its two turning points on
/// record, so that nothing else comes between: that the state is whole, before QEMU is ended; that it is used up, before
/// the guest goes on.
/// </content>
public sealed partial class Vm
{
    private volatile string? _whyNotSaved;

    /// <summary>A guest that was paused when it was saved is left paused.</summary>
    private VmMessage.Ask AsItWasLeft(VmMessage.Ask ask) =>
        ask.Verb is VmVerb.Start { DiscardSavedState: false } start && _recorder.Saved is { CpusRan: false } ? ask with { Verb = start with { Paused = true } } : ask;

    private async Task SuspendAsync(LiveQemu live, VmJob job)
    {
        var verb = job.Verb as VmVerb.Suspend ?? new VmVerb.Suspend();
        var suspend = new VmSuspend(_services, _definition.Id, live)
        {
            OnStep = (step, progress) => job.Operation?.Report(step, progress),
            OnSaved = (saved, took) =>
            {
                var told = new VmMessage.StateSaved(job, saved, took);
                return OnRecordAsync(told, told.Recorded.Task);
            },
        };
        try
        {
            _whyNotSaved = null;
            await suspend.RunAsync(verb.ByHost, verb.Limit, job.Preempted.Token);
        }
        catch (Exception cause)
        {
            _whyNotSaved = verb.ByHost ? cause.Message : null;
            job.LeavesPaused = suspend.Ran is false;
            throw;
        }

        // On record, or ended by itself: no cancel reaches this any more.
        job.Operation?.Report("quit", 95);
        await _works.ClearAwayAsync(live, CancellationToken.None);
    }

    private async Task StartAsync(VmJob job, CancellationToken cancelled)
    {
        var (definition, saved) = (_definition, _recorder.Saved);
        if (saved is not null && job.Verb is VmVerb.Start { DiscardSavedState: true })
        {
            await UseAsync(job, null);
            RemoveUsed(saved);
            saved = null;
        }

        // Limits are in force at once; everything else of a spec waits for the next boot, and this is none.
        definition = saved is null ? definition : definition with { Spec = saved.Spec with { Resources = definition.Spec.Resources } };
        var start = new VmStart(_services, definition, Console, _listener)
        {
            OnStep = step => job.Operation?.Report(step, VmStart.ProgressAt(step)),
            OnSpawned = process => _process = process,
            Restore = saved is null ? null : new VmRestore(_services, definition.Id, saved),
            OnLoaded = run => UseAsync(job, run),
        };
        try
        {
            job.Started = await start.RunAsync(job.RunId ?? Guid.NewGuid(), job.Verb is VmVerb.Start { Paused: true }, cancelled);
        }
        finally
        {
            RemoveUsed(saved);
        }
    }

    private async Task EndSaveAsync(LiveQemu live, VmJob job)
    {
        await VmSuspend.TakeBackAsync(live.Monitor!, ran: !job.LeavesPaused, _services.Time);
        await ResyncAsync(live);
    }

    private async Task RestoreAsync(LiveQemu live, VmJob job)
    {
        var saved = _recorder.Saved ?? throw new VmException(VmErrorReason.SavedStateUnusable, "There is no saved state any more.");
        await new VmRestore(_services, _definition.Id, saved).LoadAsync(live.Monitor!, job.Preempted.Token);
        await UseAsync(job, live.Run);
        if (!job.LeavesPaused)
        {
            await live.Monitor!.ExecuteAsync(QmpCommands.Cont, CancellationToken.None);
        }

        RemoveUsed(saved);
        await ResyncAsync(live);
    }

    /// <summary>Takes a state off the record, for the sake of a run or for good.</summary>
    private Task UseAsync(VmJob job, VmRun? run)
    {
        var told = new VmMessage.StateUsed(job, run);
        return OnRecordAsync(told, told.Recorded.Task);
    }

    /// <summary>Removes the file of a state that is off the record; what fails before that leaves it where it is.</summary>
    private void RemoveUsed(SavedState? saved)
    {
        if (saved is not null && !ReferenceEquals(_recorder.Saved, saved))
        {
            StateFile.Remove(_services.Options.VmStateDirectory(_definition.Id), saved);
        }
    }

    private Task OnRecordAsync(VmMessage told, Task recorded) => _mailbox.Post(VmLane.Seen, told)
        ? recorded
        : throw new VmException(VmErrorReason.Interrupted, "The agent lets go of the VM.");

    private Task OnStateSavedAsync(VmMessage.StateSaved told) =>
        DecideAsync(told.Job, told.Recorded, () => _recorder.SuspendedAsync(told, _definition, Run!));

    private Task OnStateUsedAsync(VmMessage.StateUsed told) => DecideAsync(told.Job, told.Recorded, () => (told.Run, _recorder.Saved) switch
    {
        (_, null) => Task.CompletedTask,
        ({ } run, { } saved) => _recorder.RestoredAsync(told.Job, _definition, run, saved),
        (null, { } saved) => _recorder.DiscardedAsync(told.Job, _definition, _lastExit, saved),
    });

    /// <summary>Records what a job asks for, unless something took precedence over the job.</summary>
    private async Task DecideAsync(VmJob job, TaskCompletionSource recorded, Func<Task> record)
    {
        if (job != _job || job.Preempted.IsCancellationRequested)
        {
            recorded.TrySetException(new VmException(VmErrorReason.Cancelled, "Something else took precedence."));
            return;
        }

        try
        {
            await record();
            recorded.TrySetResult();
            Publish();
        }
        catch (Exception refusal) when (refusal is LedgerException or VmException)
        {
            recorded.TrySetException(refusal);
        }
    }

    /// <summary>An end in the light of what is on disk, and of what goes on around it.</summary>
    private VmExit Classify(VmExit exit, Guid? runId) =>
        _recorder.Saved is { } saved && saved.RunId == runId ? VmEnding.OfSuspend(exit, saved.ByHost)
        : _services.Gate.HostGoesDown ? VmEnding.OfHostShutdown(exit, _whyNotSaved)
        : exit;

    /// <summary>
    /// What becomes of a suspend or a resume that the agent's end interrupted, where the QEMU of it is still there:
    /// <code>
    ///  state on record, its QEMU has not run since  → QEMU is ended: it is suspended
    ///  state on record, its QEMU has run since      → the state is void
    ///  state on record, another QEMU waits for it   → the load is finished, then the guest goes on; if that fails, QEMU is
    ///                                                 killed: the guest has not run, and the state is safe
    ///  no state on record, a save was under way     → it is taken back, and the guest goes on
    ///  no state on record any more, not yet resumed → the guest goes on
    /// </code>
    /// </summary>
    private bool SettleSaved(Interruption? interrupted, Resync? found)
    {
        if (found is null || _live is not { } live)
        {
            return false;
        }

        var waits = found.State is RunState.Inmigrate or RunState.Paused or RunState.Prelaunch;
        switch (_recorder.Saved)
        {
            case { } saved when saved.RunId == live.Run.Id && found.State is RunState.Postmigrate or RunState.FinishMigrate:
                TakeUp(interrupted?.ToJob(VmWork.ClearAway) ?? new VmJob(VmWork.ClearAway), new VmState.Stopping(StopKind.Suspend));
                return true;
            case { } saved when saved.RunId != live.Run.Id && waits && interrupted?.Work is VmWork.Kill:
                // It has not gone on from it: the state outlives the kill.
                return false;
            case { } saved when saved.RunId != live.Run.Id && waits && interrupted?.Work is VmWork.Start:
                TakeUp(interrupted.ToJob(VmWork.Restore), _state, interrupted.LeavePaused);
                return true;
            case { } saved when saved.RunId != live.Run.Id && found.State is RunState.Inmigrate:
                TakeUp(new VmJob(VmWork.Restore), _state, leavesPaused: !saved.CpusRan);
                return true;
            case { } saved:
                _recorder.Outlived(_definition, live.Run, Standing);
                RemoveUsed(saved);
                break;
        }

        switch (interrupted?.Work)
        {
            case VmWork.Suspend:
                // The intent stays until that is done: the next agent would know nothing of it.
                _recorder.End(
                    interrupted.ToJob()!,
                    _definition,
                    new VmException(VmErrorReason.Interrupted, "The agent ended before the guest's state was saved; the guest goes on. Ask again if need be."),
                    preempted: true);
                TakeUp(new VmJob(VmWork.EndSave), _state, _lastRun?.Standing is { CpusRun: false });
                return true;
            case VmWork.Start when interrupted.Intent.RunId == _lastRun?.RunId && waits && !interrupted.LeavePaused:
                TakeUp(interrupted.ToJob(VmWork.Resume), _state);
                return true;
            default:
                return false;
        }

        void TakeUp(VmJob job, VmState next, bool leavesPaused = false)
        {
            job.LeavesPaused = leavesPaused;
            Begin(job, new VmDecision.Accept(next, job.Work));
        }
    }
}
