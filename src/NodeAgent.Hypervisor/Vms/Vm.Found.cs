using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>
/// What was not seen to happen and is found by asking QEMU: after a re-attachment, or after a connection that was lost. It
/// is followed like what is seen, told once, and recorded as recovered.
/// </content>
public sealed partial class Vm
{
    /// <summary>What QEMU does when the watchdog fires is built into the process, whatever the spec says by now.</summary>
    private WatchdogAction WatchdogInForce => (_live?.Run.Spec ?? _definition.Spec).Watchdog ?? WatchdogAction.None;

    private void OnResynced(Resync found) => CatchUp(found, (_state as VmState.Paused)?.Cause);

    /// <summary>Follows what QEMU says that it does.</summary>
    /// <param name="found">What it says.</param>
    /// <param name="known">Why the CPUs are known to stand still already.</param>
    private void CatchUp(Resync found, PauseCause? known)
    {
        switch (found)
        {
            case { GuestEnded: true }:
                TellGuestEnd(_job?.Work is VmWork.Shutdown ? _job.Operation?.Id : null, recovered: true);
                _job?.GuestEnded.TrySetResult();
                Follow(new VmObservation.GuestShutDown(), recovered: true);
                break;
            case { Panicked: true } when _job?.Work is VmWork.ResetAndResume or VmWork.ClearAway:
                // It was seen, and what the spec says is under way.
                break;
            case { Panicked: true }:
                NoteMissed(known is PauseCause.GuestPanic, EventKinds.VmGuestPanicked, "The guest's kernel panicked.", EventSeverity.Error);
                FollowEnd(new VmObservation.GuestPanicked(_definition.Spec.OnPanic), VmExitReason.GuestPanic, recovered: true);
                break;
            case { State: RunState.Watchdog }:
                NoteMissed(known is PauseCause.Watchdog, EventKinds.VmWatchdogFired, "The guest did not feed its watchdog.", EventSeverity.Warning);
                FollowEnd(new VmObservation.WatchdogFired(WatchdogInForce), VmExitReason.Watchdog, recovered: true);
                Follow(new VmObservation.CpusStopped(PauseCause.Watchdog), recovered: true);
                break;
            case { State: RunState.IoError }:
                const string Words = "A disk failed under the guest, or its storage is full; which one was not heard.";
                NoteMissed(known is PauseCause.IoError, EventKinds.VmDiskError, Words, EventSeverity.Error);
                Follow(new VmObservation.CpusStopped(PauseCause.IoError), recovered: true);
                if (!Has(VmConditionKind.DiskError))
                {
                    Raise(VmConditionKind.DiskError, Words);
                }

                break;
            default:
                Follow(found.CpusRun ? new VmObservation.CpusResumed() : new VmObservation.CpusStopped(found.Cause), recovered: true);
                break;
        }
    }

    private void NoteMissed(bool known, string kind, string message, EventSeverity severity)
    {
        if (!known)
        {
            Note(kind, message, severity, recovered: true);
        }
    }

    /// <summary>The guest has shut down: told once, with why its process will be gone.</summary>
    /// <param name="operation">The operation that asked for it, where one did.</param>
    /// <param name="recovered">Whether it was found out after the fact.</param>
    private void TellGuestEnd(Guid? operation, bool recovered = false)
    {
        ExpectEnd(VmExitReason.GuestShutdown, recovered);
        if (!_guestEndTold)
        {
            _guestEndTold = true;
            if (_expectedEnd is VmExitReason.GuestShutdown && _job?.Work is not VmWork.Suspend)
            {
                _recorder.GuestEnded(_definition, VmExitReason.GuestShutdown, operation, _live?.Run.Id, recovered);
            }
            else
            {
                // Something else ends this run, and that is what is on record of it.
                Note(EventKinds.VmGuestShutdown, "The guest shut down.", recovered: recovered);
            }
        }
    }

    /// <summary>Follows something that may end the run; if it does, why is noted before QEMU is asked to leave.</summary>
    private void FollowEnd(VmObservation seen, VmExitReason reason, bool recovered = false)
    {
        var before = _job;
        Follow(seen, recovered);
        if (_job != before && _job?.Work is VmWork.ClearAway)
        {
            ExpectEnd(reason, recovered);
            _recorder.ClearsAway(_definition, _expectedEnd ?? reason, _live?.Run.Id);
        }
    }

    private void ExpectEnd(VmExitReason reason, bool found)
    {
        if (_expectedEnd is null)
        {
            (_expectedEnd, _endWasFound) = (reason, found);
        }
    }

    private void ExpectNoEnd() => (_expectedEnd, _endWasFound) = (null, false);
}
