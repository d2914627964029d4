using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What is seen of a VM: guest, monitor, process, and the ends of work.</content>
public sealed partial class Vm
{
    // A monitor's connection also ends when the process does; only one that outlives this is worth a word.
    private static readonly TimeSpan LossPatience = TimeSpan.FromMilliseconds(500);

    private void OnGuestSaid(GuestEvent said)
    {
        switch (said)
        {
            case GuestEvent.ShutDown { Cause: "host-qmp-quit" or "host-signal" or "host-error" } leaving:
                // QEMU itself is leaving; the end of the process says the rest.
                _hostCause = leaving.Cause;
                break;
            case GuestEvent.ShutDown:
                _job?.GuestEnded.TrySetResult();
                if (_job?.Work is not VmWork.Reboot)
                {
                    _expectedEnd ??= VmExitReason.GuestShutdown;
                    Note(EventKinds.VmGuestShutdown, "The guest shut down.");
                    Follow(new VmObservation.GuestShutDown());
                }

                break;
            case GuestEvent.WasReset reset:
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
                Follow(new VmObservation.GuestPanicked(_definition.Spec.OnPanic));
                _expectedEnd = _state is VmState.Stopping { How: StopKind.GuestEnded } ? _expectedEnd ?? VmExitReason.GuestPanic : _expectedEnd;
                break;
            case GuestEvent.CrashKernelLoaded:
                NoteOfGuest(EventKinds.VmCrashKernelLoaded, "The guest's kernel panicked and its crash kernel took over.", EventSeverity.Error);
                break;
            case GuestEvent.WatchdogFired:
                NoteOfGuest(EventKinds.VmWatchdogFired, "The guest did not feed its watchdog.", EventSeverity.Warning);
                Follow(new VmObservation.WatchdogFired(_definition.Spec.Watchdog ?? WatchdogAction.None));
                _expectedEnd = _state is VmState.Stopping { How: StopKind.GuestEnded } ? _expectedEnd ?? VmExitReason.Watchdog : _expectedEnd;
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

    private void OnMonitorSaid(MonitorHealth health, string why)
    {
        if (_live is not { } live)
        {
            return;
        }

        switch (health)
        {
            case MonitorHealth.Lost when Has(VmConditionKind.MonitorLost) is false:
                _ = ConfirmLossAsync(live, why);
                break;
            case MonitorHealth.Silent when Has(VmConditionKind.MonitorSilent) is false:
                Note(EventKinds.VmMonitorSilent, $"QEMU's monitor does not answer: {why}. The process lives.", EventSeverity.Warning);
                Raise(VmConditionKind.MonitorSilent, why);
                break;
            case MonitorHealth.Answering when Has(VmConditionKind.MonitorSilent):
                Note(EventKinds.VmMonitorRestored, "QEMU's monitor answers again.");
                Clear(VmConditionKind.MonitorSilent);
                break;
            case MonitorHealth.Restored:
                if (Has(VmConditionKind.MonitorLost))
                {
                    Note(EventKinds.VmMonitorRestored, "QEMU's monitor is connected again.");
                    Clear(VmConditionKind.MonitorLost);
                }

                _ = ResyncAsync(live);
                break;
        }
    }

    private async Task ConfirmLossAsync(LiveQemu live, string why)
    {
        if (await Task.WhenAny(live.Process.Exited, Task.Delay(LossPatience, _services.Time)) != live.Process.Exited)
        {
            _mailbox.Post(VmLane.Seen, new VmMessage.LossConfirmed(live, why));
        }
    }

    private void OnLossConfirmed(string why)
    {
        Note(EventKinds.VmMonitorLost, $"QEMU's monitor is lost: {why}. The process lives.", EventSeverity.Warning);
        Raise(VmConditionKind.MonitorLost, why);
    }

    private async Task ResyncAsync(LiveQemu live)
    {
        try
        {
            var status = await live.Monitor!.ExecuteAsync(QmpCommands.QueryStatus, CancellationToken.None);
            _mailbox.Post(VmLane.Seen, new VmMessage.Resynced(live, Resync.From(status)));
        }
        catch (QmpException)
        {
            // Silent or lost once more: that is a message of its own, and a resync follows it again.
        }
    }

    /// <summary>Follows what QEMU says that it does; what the agent missed on the way is recorded as recovered.</summary>
    private void OnResynced(Resync found)
    {
        if (found.GuestEnded)
        {
            _job?.GuestEnded.TrySetResult();
            _expectedEnd ??= VmExitReason.GuestShutdown;
            Follow(new VmObservation.GuestShutDown(), recovered: true);
        }
        else if (found.Panicked)
        {
            Follow(new VmObservation.GuestPanicked(_definition.Spec.OnPanic), recovered: true);
            _expectedEnd = _state is VmState.Stopping { How: StopKind.GuestEnded } ? _expectedEnd ?? VmExitReason.GuestPanic : _expectedEnd;
        }
        else if (found.State is RunState.Watchdog && _definition.Spec.Watchdog is WatchdogAction.Stop)
        {
            _expectedEnd ??= VmExitReason.Watchdog;
            Follow(new VmObservation.WatchdogFired(WatchdogAction.Stop), recovered: true);
        }
        else
        {
            Follow(found.CpusRun ? new VmObservation.CpusResumed() : new VmObservation.CpusStopped(found.Cause), recovered: true);
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
                _recorder.End(job, _definition, new VmException(VmErrorReason.Cancelled, "Something else took precedence."));
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

        _recorder.End(job, _definition, failure);
        if (_state is VmState.Stopping && _live is { } live)
        {
            Note(EventKinds.VmStopAbandoned, $"The stop was given up: {failure.Message}", EventSeverity.Warning);
            _expectedEnd = null;
            Follow(new VmObservation.StopAbandoned(CpusRun: !job.LeavesPaused));
            _ = ResyncAsync(live);
        }

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
            SetState(new VmState.Stopped(exit), publish: false);
            _recorder.StartFailed(job, _definition, exit, failure!);
            _heldWhileStarting.Clear();
            Publish();
            return;
        }

        if (VmLifecycle.Decide(_state, new VmObservation.Started()) is VmDecision.Accept accept)
        {
            SetState(accept.Next, publish: false);
        }

        if (live.Run.Boot.AcceleratorWarning is { } doubt)
        {
            Raise(VmConditionKind.AcceleratorDoubtful, doubt);
        }

        _recorder.Started(job, _definition, live.Run, Standing);
        Publish();
        foreach (var held in _heldWhileStarting.ToArray())
        {
            await HandleAsync(held);
        }

        _heldWhileStarting.Clear();
    }

    private void TakeOver(LiveQemu live)
    {
        _live = live;
        _process = live.Process;
        _stats = null;
        _hostCause = null;
        _nextPause = null;
        _ = WatchEndAsync(live);
    }

    private async Task WatchEndAsync(LiveQemu live) =>
        _mailbox.Post(VmLane.Seen, new VmMessage.Exited(live, await live.EndedAsync()));

    private async Task OnExitedAsync(LiveQemu live, ProcessExit end)
    {
        var expected = _expectedEnd ?? (_job is { HasKilled: true } ? VmExitReason.KilledByRequest : null);
        var exit = VmEnding.Explain(expected, _hostCause, end, QemuLog.LastWords(live.Directory.Log), _services.Time.GetUtcNow());
        exit = Classify(exit, live.Run.Id);

        // Clearing away and the sync to disk go on side by side; the operation ends when both have.
        var cleared = ReleaseAsync(live);
        OnGone(exit, cleared);
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
        _expectedEnd = null;
        _endSeen = true;
        _heldWhileStarting.Clear();
        job?.GuestEnded.TrySetResult();
        job?.Preempted.Cancel();
        var ranFor = _snapshot.Run is { } run ? exit.Time - run.StartTime : TimeSpan.Zero;
        _lastExit = exit;
        _conditions = [];
        SetState(new VmState.Stopped(exit), publish: false);
        PlanRestart(exit, ranFor);
        _recorder.Gone(job, _definition, exit, recovered, cleared ?? Task.CompletedTask);
        Publish();
    }

    private async Task OnLetGoAsync()
    {
        // Work that is under way is left where it is, as by a kill -9: the next agent finishes it.
        _restartTimer?.Dispose();
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

        _recorder.Moved(_definition, before, accept.Next, _live?.Run, _stateTime, recovered);
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
