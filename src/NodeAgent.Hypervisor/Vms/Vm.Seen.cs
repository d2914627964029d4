using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What is seen of a VM: guest, process, and the ends of work.</content>
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

    private async Task OnWorkEndedAsync(VmJob job, Exception? failure)
    {
        if (job.Started is { } started && _live is null)
        {
            TakeOver(started);
        }

        if (job != _job)
        {
            // Something else took precedence; what it made, if anything, is that one's to clear away.
            if (!job.Settled)
            {
                _recorder.End(job, _definition, new VmException(VmErrorReason.Cancelled, "Something else took precedence."), preempted: true);
            }

            return;
        }

        switch (job.Work)
        {
            case VmWork.Start:
                await OnStartEndedAsync(job, failure);
                return;
            case VmWork.Kill or VmWork.Quit or VmWork.Shutdown or VmWork.ClearAway or VmWork.Suspend when failure is null:
                if (_live is null)
                {
                    // The start that was killed has undone itself: no process was ever taken over.
                    OnGone(VmEnding.Explain(VmExitReason.KilledByRequest, null, ProcessExit.Unknown, "", _services.Time.GetUtcNow()));
                }

                // Otherwise the end of the process, which is on its way, completes the operation.
                return;
        }

        _job = null;
        if (failure is null)
        {
            Settle(job);
            return;
        }

        if (_state is VmState.Stopping && _live is { } live)
        {
            Note(EventKinds.VmStopAbandoned, $"The stop was given up: {failure.Message}", EventSeverity.Warning);
            ExpectNoEnd();
            Follow(new VmObservation.StopAbandoned(CpusRun: !job.LeavesPaused));
            _ = ResyncAsync(live);
        }

        Show();
        _recorder.End(job, _definition, failure);
        Publish();
    }

    private void Settle(VmJob job)
    {
        // The reply is as good as the event that follows it, and the caller looks at the state next.
        switch (job.Work)
        {
            case VmWork.Pause:
                Follow(new VmObservation.CpusStopped(PauseCause.Requested));
                break;
            case VmWork.Resume or VmWork.ResetAndResume:
                Clear(VmConditionKind.DiskError);
                Follow(new VmObservation.CpusResumed());
                break;
        }

        _recorder.End(job, _definition, null);
        Publish();
    }

    private async Task OnStartEndedAsync(VmJob job, Exception? failure)
    {
        _job = null;
        _process = _live?.Process;
        if (failure is not null || _live is not { } live)
        {
            var exit = VmStart.ExitOf(failure, _services.Time.GetUtcNow());
            _lastExit = exit;
            _heldBack.Clear();
            SetState(new VmState.Stopped(exit), publish: false);
            var next = PlanRestart(exit, TimeSpan.Zero, job);
            Show();
            _recorder.StartFailed(job, _definition, exit, failure!);
            Tell(next);
            Publish();
            return;
        }

        // A start that somebody asks for begins the count of restarts anew.
        _recorder.Restarts = job.IsRestart ? _recorder.Restarts : null;
        _conditions = [.. _conditions.Where(condition => condition.Kind is not VmConditionKind.RestartsExhausted)];

        if (VmLifecycle.Decide(_state, new VmObservation.Started()) is VmDecision.Accept accept)
        {
            SetState(accept.Next, publish: false);
        }

        if (live.Run.Boot.AcceleratorWarning is { } doubt)
        {
            Raise(VmConditionKind.AcceleratorDoubtful, doubt);
        }

        Show();
        _recorder.Started(job, _definition, live.Run, Standing);
        Publish();
        _ = Limit();
        await HearHeldBackAsync();
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

        return held.Length > 0;
    }

    private void TakeOver(LiveQemu live)
    {
        _live = live;
        _process = live.Process;
        _stats = null;
        _hostCause = null;
        _nextPause = null;
        _guestEndTold = false;
        (_limits, _limitsRefused) = (live.Run.Spec?.Resources, null);
        _ = WatchEndAsync(live);
    }

    private async Task WatchEndAsync(LiveQemu live) =>
        _mailbox.Post(VmLane.Seen, new VmMessage.Exited(live, await live.EndedAsync()));

    private async Task OnExitedAsync(LiveQemu live, ProcessExit end)
    {
        var expected = _expectedEnd ?? (_job is { HasKilled: true } ? VmExitReason.KilledByRequest : null);
        if (_job is { Work: VmWork.Quit } && end is { Signal: not null } or { ExitCode: > 0 })
        {
            // It was asked to leave in order, and something else came first.
            expected = null;
        }

        var exit = VmEnding.Explain(expected, _hostCause, end, QemuLog.LastWords(live.Directory.Log), _services.Time.GetUtcNow());
        exit = Classify(exit, live.Run.Id);

        // Clearing away and the sync to disk go on side by side; the operation ends when both have.
        var cleared = ReleaseAsync(live);
        OnGone(exit, cleared, recovered: _endWasFound);
        await cleared;
    }

    private async Task ReleaseAsync(LiveQemu live)
    {
        _live = null;
        _process = null;
        _stats = null;
        try
        {
            await Console.DetachAsync();
            await live.ReleaseAsync();
            live.Directory.Remove();
        }
        catch (IOException clutter)
        {
            VmLog.UndoFailed(_services.Logger, _definition.Name, clutter);
        }
    }

    /// <summary>The process is proven gone: one record for the end of the run and of the operation that asked for it.</summary>
    private void OnGone(VmExit exit, Task? cleared = null, bool recovered = false)
    {
        var job = _job;
        _job = null;
        ExpectNoEnd();
        _endSeen = true;
        _heldBack.Clear();
        _limitTimer?.Dispose();
        job?.GuestEnded.TrySetResult();
        job?.Preempted.Cancel();
        var ranFor = (_snapshot.Run ?? (recovered ? _lastRun?.Run : null)) is { } run ? exit.Time - run.StartTime : TimeSpan.Zero;
        _lastExit = exit;
        _conditions = [];
        SetState(new VmState.Stopped(exit), publish: false);
        (string, string, EventSeverity)? next = null;
        if (recovered && exit.Reason is VmExitReason.StartFailed && _recorder.Restarts is { Due: not null })
        {
            // The restart that an earlier agent had begun: not the VM failed, but the agent.
            ArmRestart();
        }
        else
        {
            next = PlanRestart(exit, ranFor, job);
        }

        Show();
        _recorder.Gone(job, _definition, exit, recovered, cleared ?? Task.CompletedTask);
        Tell(next);
        Publish();
    }

    private void Tell((string Kind, string Message, EventSeverity Severity)? what)
    {
        if (what is var (kind, message, severity))
        {
            Note(kind, message, severity);
        }
    }

    private async Task OnLetGoAsync()
    {
        // Work that is under way is left where it is, as by a kill -9: the next agent finishes it.
        _restartTimer?.Dispose();
        _limitTimer?.Dispose();
        if (_live is { } live)
        {
            await Console.DetachAsync();
            await live.ReleaseAsync();
        }
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
