using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Events;

namespace NodeAgent.Hypervisor.Vms;

/// <content>How work ends: a start, a stop that was given up, everything that is asked of a guest.</content>
public sealed partial class Vm
{
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

        if (job.Work is VmWork.Restore && _recorder.Saved is not null && _live is not null)
        {
            // It has not run: its state is as safe as before on disk, and going on from half of it is what must not be.
            // The intent of the start stays until the process is gone, so that the next agent takes this up, too.
            _recorder.End(job, _definition, failure, preempted: true);
            _expectedEnd = VmExitReason.StartFailed;
            Begin(new VmJob(VmWork.Kill), new VmDecision.Accept(new VmState.Stopping(StopKind.Kill), VmWork.Kill));
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
}
