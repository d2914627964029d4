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

            EndInterrupted(interrupted);
            return;
        }

        switch (finding)
        {
            case RecoveryFinding.Untouched:
                Settle(interrupted, null);
                ArmRestart();
                return;
            case RecoveryFinding.Gone when _live is not null && _job is not null:
                // It was asked to end meanwhile: its end is on its way here by itself, with who asked for it.
                EndInterrupted(interrupted);
                return;
            case RecoveryFinding.Gone gone:
                if (_live is { } lost)
                {
                    await ReleaseAsync(lost);
                }

                _services.Clear(new RunDirectory(_services.Options.RunDirectory, _definition.Id));
                _job = interrupted?.ToJob();
                OnGone(Classify(gone.Exit, _lastRun is { Exit: null } run ? run.RunId : null), recovered: true);
                return;
            case RecoveryFinding.Attached attached:
                await OnAttachedAsync(attached, interrupted);
                return;
            case RecoveryFinding.Silent silent:
                if (_live is null)
                {
                    TakeOver(silent.Live);
                }

                Raise(VmConditionKind.MonitorSilent, silent.Why);
                Follow(new VmObservation.InDoubt(silent.Why, ProcessProven: true), recovered: true);
                if (interrupted is not null)
                {
                    Settle(interrupted, null);
                }

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

    private async Task OnAttachedAsync(RecoveryFinding.Attached attached, Interruption? interrupted)
    {
        // A silent process was taken over bare; from here on it has a monitor, and its end is waited for anew.
        _live = null;
        Clear(VmConditionKind.MonitorSilent);
        TakeOver(attached.Live);
        HoldRestart();
        var (run, found) = (attached.Live.Run, attached.State);
        if ((run.Spec ?? _definition.Spec).Console is { } console)
        {
            Console.History.Limit(console.HistoryBytes);
            Console.TryReattach(attached.Live.Directory.ConsoleSocket);
        }

        if (VmLifecycle.Decide(_state, new VmObservation.Adopted(found.CpusRun, found.Cause)) is VmDecision.Accept accept)
        {
            SetState(accept.Next, publish: false);
            _stateTime = SinceWhen(run, found.CpusRun) ?? _stateTime;
        }

        // Whether the guest ran before an interrupted suspend is known from nowhere else, until that is taken back.
        _recorder.Adopted(_definition, run, found, interrupted?.Work is VmWork.Suspend ? StandingOf(run) ?? Standing : Standing);
        Publish();
        _ = Limit();
        Settle(interrupted, found);
        var before = StandingOf(run);
        if (!found.CpusRun && interrupted?.Work is not VmWork.ClearAway)
        {
            // The guest may have ended, panicked or starved its watchdog while nobody listened.
            CatchUp(found, before?.Cause);
        }

        if (before is not null && before.CpusRun != found.CpusRun && _job is null && _state is VmState.Running or VmState.Paused)
        {
            VmState then = before.CpusRun ? new VmState.Running() : new VmState.Paused(before.Cause ?? PauseCause.Unexplained);
            _recorder.Moved(_definition, then, _state, run, _stateTime, recovered: true);
        }

        if (await HearHeldBackAsync())
        {
            // Some of it may have been said before QEMU was asked.
            _ = ResyncAsync(attached.Live);
        }
    }

    /// <summary>What is on record of a run's CPUs; <c>null</c> where it is about another run, or not known.</summary>
    private RunStanding? StandingOf(VmRun run) => _lastRun?.RunId == run.Id ? _lastRun.Standing : null;

    /// <summary>Since when the guest does what it does, if it did so already when that was recorded; <c>null</c> when nobody knows.</summary>
    private DateTimeOffset? SinceWhen(VmRun run, bool cpusRun) => _lastRun?.RunId != run.Id ? null
        : _lastRun.Standing is { } standing ? standing.CpusRun == cpusRun ? standing.Since : null
        : cpusRun ? run.StartTime : null;

    /// <summary>Finishes what was interrupted, or ends it as what it has become.</summary>
    private void Settle(Interruption? interrupted, Resync? found)
    {
        if (_job is not null)
        {
            // It was asked to end before this was found, and that goes on.
            EndInterrupted(interrupted);
            return;
        }

        if (SettleSaved(interrupted, found) || interrupted?.ToJob() is not { } job)
        {
            return;
        }

        switch (job.Work)
        {
            case VmWork.Kill when _process is not null:
                Begin(job, new VmDecision.Accept(new VmState.Stopping(StopKind.Kill), VmWork.Kill));
                break;
            case VmWork.ClearAway when found is { CpusRun: false }:
                ExpectEnd(VmEnding.ReasonOf(interrupted.Intent), found: true);
                _guestEndTold = true;
                Begin(job, new VmDecision.Accept(new VmState.Stopping(StopKind.GuestEnded), VmWork.ClearAway));
                break;
            case VmWork.Shutdown when found is { GuestEnded: true }:
                TellGuestEnd(job.Operation?.Id, recovered: true);
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
                _recorder.End(job, _definition, Interrupted());
                break;
        }
    }

    /// <summary>Ends what was interrupted where its process is gone or about to be; what is under way by now is not touched.</summary>
    private void EndInterrupted(Interruption? interrupted)
    {
        if (interrupted?.ToJob() is { } former)
        {
            _recorder.End(former, _definition, former.Work is VmWork.Kill ? null : Interrupted(), preempted: _job is not null);
        }
    }

    private static VmException Interrupted() =>
        new(VmErrorReason.Interrupted, "The agent ended before this did; look at the VM, and ask again if need be.");
}
