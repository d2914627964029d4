using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What recovery found of a VM, and what becomes of the operation that the agent's end interrupted.</content>
public sealed partial class Vm
{
    private async Task OnRecoveredAsync(RecoveryFinding finding, Interruption? interrupted)
    {
        if (_endSeen)
        {
            // The end of the run that recovery looked for was seen before it was found, and by now another may be under
            // way. That end, with its status, is the better one; the finding is about nobody.
            if (finding is RecoveryFinding.Attached late)
            {
                await late.Live.ReleaseAsync();
            }

            Settle(interrupted, null);
            return;
        }

        switch (finding)
        {
            case RecoveryFinding.Untouched:
                Settle(interrupted, null);
                return;
            case RecoveryFinding.Gone gone:
                if (_live is { } lost)
                {
                    await ReleaseAsync(lost);
                }

                new RunDirectory(_services.Options.RunDirectory, _definition.Id).Remove();
                _job = interrupted?.ToJob();
                OnGone(Classify(gone.Exit, _lastRun is { Exit: null } run ? run.RunId : null), recovered: true);
                return;
            case RecoveryFinding.Attached attached:
                OnAttached(attached, interrupted);
                return;
            case RecoveryFinding.Silent silent:
                if (_live is null)
                {
                    TakeOver(silent.Live);
                }

                Raise(VmConditionKind.MonitorSilent, silent.Why);
                Follow(new VmObservation.InDoubt(silent.Why, ProcessProven: true), recovered: true);
                return;
            case RecoveryFinding.Untouchable held:
                if (held.Live is { } live && _live is null)
                {
                    TakeOver(live);
                }

                Note(EventKinds.VmQuarantined, held.Why, EventSeverity.Error, recovered: true);
                Follow(new VmObservation.NotAttachable(held.Why, ProcessProven: held.Live is not null), recovered: true);
                Settle(interrupted, null);
                return;
        }
    }

    private void OnAttached(RecoveryFinding.Attached attached, Interruption? interrupted)
    {
        // A silent process was taken over bare; from here on it has a monitor, and its end is waited for anew.
        _live = null;
        Clear(VmConditionKind.MonitorSilent);
        TakeOver(attached.Live);
        if (_definition.Spec.Console is not null)
        {
            Console.TryReattach(attached.Live.Directory.ConsoleSocket);
        }

        if (VmLifecycle.Decide(_state, new VmObservation.Adopted(attached.State.CpusRun, attached.State.Cause)) is VmDecision.Accept accept)
        {
            SetState(accept.Next, publish: false);
            _stateTime = SinceWhen(attached.Live.Run, attached.State.CpusRun) ?? _stateTime;
        }

        _recorder.Adopted(_definition, attached.Live.Run, attached.State, Standing);
        Publish();
        _ = LimitAsync(attached.Live.Run.Spec?.Resources);
        Settle(interrupted, attached.State);
        if (!attached.State.CpusRun)
        {
            // The guest may have ended, panicked or starved its watchdog while nobody listened.
            OnResynced(attached.State);
        }
    }

    /// <summary>Since when the guest does what it does, if it did so already when that was recorded; <c>null</c> when nobody knows.</summary>
    private DateTimeOffset? SinceWhen(VmRun run, bool cpusRun) => _lastRun?.RunId != run.Id ? null
        : _lastRun.Standing is { } standing ? standing.CpusRun == cpusRun ? standing.Since : null
        : cpusRun ? run.StartTime : null;

    /// <summary>Finishes what was interrupted, or ends it as what it has become.</summary>
    private void Settle(Interruption? interrupted, Resync? found)
    {
        if (SettleSaved(interrupted, found) || interrupted?.ToJob() is not { } job)
        {
            return;
        }

        switch (job.Work)
        {
            case VmWork.Kill when _process is not null:
                Begin(job, new VmDecision.Accept(new VmState.Stopping(StopKind.Kill), VmWork.Kill));
                break;
            case VmWork.Shutdown when found is { GuestEnded: true }:
                _expectedEnd = VmExitReason.GuestShutdown;
                Begin(interrupted.ToJob(VmWork.ClearAway), new VmDecision.Accept(new VmState.Stopping(StopKind.GuestEnded), VmWork.ClearAway));
                break;
            case VmWork.Start when found is { CpusRun: false, State: RunState.Prelaunch } && !interrupted.LeavePaused:
                Begin(interrupted.ToJob(VmWork.Resume), new VmDecision.Accept(_state, VmWork.Resume));
                break;
            case VmWork.Start when found is not null:
            case VmWork.Pause when found is { CpusRun: false }:
            case VmWork.Resume when found is { CpusRun: true }:
                _recorder.End(job, _definition, null);
                break;
            default:
                _recorder.End(job, _definition, new VmException(
                    VmErrorReason.Interrupted, "The agent ended before this did; look at the VM, and ask again if need be."));
                break;
        }
    }
}
