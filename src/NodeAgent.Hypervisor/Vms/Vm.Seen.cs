using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What the guest is seen to do.</content>
public sealed partial class Vm
{
    private void OnGuestSaid(GuestEvent said)
    {
        switch (said)
        {
            case GuestEvent.ShutDown { Cause: "host-qmp-quit" or "host-signal" or "host-error" } leaving:
                // QEMU itself is leaving; the end of the process says the rest.
                _hostCause = leaving.Cause;
                break;
            case GuestEvent.ShutDown:
                if (_job?.Work is not VmWork.Reboot)
                {
                    TellGuestEnd(_job?.Work is VmWork.Shutdown ? _job.Operation?.Id : null);
                    Follow(new VmObservation.GuestShutDown());
                }

                _job?.GuestEnded.TrySetResult();
                break;
            case GuestEvent.WasReset reset:
                _guestEndTold = false;
                NoteOfGuest(EventKinds.VmReset, reset.ByGuest ? "The guest rebooted." : "The guest was reset.");
                break;
            case GuestEvent.CpusStopped when _job?.Work is not VmWork.Reboot:
                Follow(new VmObservation.CpusStopped(_job?.Work is VmWork.Pause ? PauseCause.Requested : _nextPause ?? PauseCause.Unexplained));
                _nextPause = null;
                break;
            case GuestEvent.CpusResumed when _job?.Work is not VmWork.Reboot:
            case GuestEvent.WokeUp:
                Follow(new VmObservation.CpusResumed());
                break;
            case GuestEvent.Panicked:
                NoteOfGuest(EventKinds.VmGuestPanicked, "The guest's kernel panicked.", EventSeverity.Error);
                FollowEnd(new VmObservation.GuestPanicked(_definition.Spec.OnPanic), VmExitReason.GuestPanic);
                break;
            case GuestEvent.CrashKernelLoaded:
                NoteOfGuest(EventKinds.VmCrashKernelLoaded, "The guest's kernel panicked and its crash kernel took over.", EventSeverity.Error);
                break;
            case GuestEvent.WatchdogFired:
                NoteOfGuest(EventKinds.VmWatchdogFired, "The guest did not feed its watchdog.", EventSeverity.Warning);
                FollowEnd(new VmObservation.WatchdogFired(WatchdogInForce), VmExitReason.Watchdog);
                break;
            case GuestEvent.DiskFailed failed:
                _nextPause = failed.Stops ? PauseCause.IoError : _nextPause;
                var words = $"Disk {failed.Device}: {failed.Message}.";
                NoteOfGuest(EventKinds.VmDiskError, words, EventSeverity.Error);
                Raise(VmConditionKind.DiskError, words);
                break;
            case GuestEvent.Suspended:
                Follow(new VmObservation.CpusStopped(PauseCause.GuestSuspended));
                break;
            case GuestEvent.MemoryFailed memory:
                NoteOfGuest(EventKinds.VmMemoryFailure, $"The host's memory failed under the guest: {memory.Action}.", EventSeverity.Error);
                break;
        }
    }

    /// <summary>Hears what the guest said before there was somebody to hear it.</summary>
    /// <returns>Whether it had said anything.</returns>
    private async Task<bool> HearHeldBackAsync()
    {
        var held = _heldBack.ToArray();
        _heldBack.Clear();
        foreach (var message in held)
        {
            await HandleAsync(message);
        }

        if (held.Length >= MostHeldBack && _live is { } live)
        {
            _ = ResyncAsync(live);
        }

        return held.Length > 0;
    }

    private void Follow(VmObservation seen, bool recovered = false)
    {
        if (VmLifecycle.Decide(_state, seen) is not VmDecision.Accept accept)
        {
            return;
        }

        var before = _state;
        if (accept.Work is VmWork.None)
        {
            SetState(accept.Next, publish: false);
        }

        _recorder.Moved(_definition, before, accept.Next, Run, _stateTime, recovered);
        if (accept.Work is VmWork.None)
        {
            Publish();
        }
        else
        {
            Begin(new VmJob(accept.Work), accept);
        }
    }
}
