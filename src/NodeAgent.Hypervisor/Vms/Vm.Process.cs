using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <content>The VM's process, from when it is taken over until it is proven gone or let go of.</content>
public sealed partial class Vm
{
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

    private void Tell((string Kind, string Message, EventSeverity Severity)? what)
    {
        if (what is var (kind, message, severity))
        {
            Note(kind, message, severity);
        }
    }
}
