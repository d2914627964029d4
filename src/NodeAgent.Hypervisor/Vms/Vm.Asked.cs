using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What is asked of a VM: decided, recorded, and carried out beside the loop.</content>
public sealed partial class Vm
{
    private async Task OnAskAsync(VmMessage.Ask ask)
    {
        ask = AsItWasLeft(ask);
        var decision = VmLifecycle.Decide(_state, ask.Verb);
        if (decision is VmDecision.Accept { Work: not VmWork.Kill } && _job is { } busy)
        {
            decision = busy.Verb?.Name == ask.Verb.Name
                ? VmDecision.Join.Instance
                : new VmDecision.Refuse(VmErrorReason.OperationInProgress, $"{busy.Verb?.Name ?? busy.Work.ToString()} is under way; wait for it.");
        }

        if (decision is VmDecision.Accept { Work: VmWork.Start } && _services.Gate.Refusal is { } closed)
        {
            decision = closed;
        }

        try
        {
            switch (decision)
            {
                case VmDecision.Accept accept:
                    await BeginAsync(ask, accept);
                    break;
                case VmDecision.Join when _job?.Operation is { } current:
                    ask.Answer.TrySetResult(await _recorder.JoinAsync(ask, current));
                    break;
                case VmDecision.Ignore or VmDecision.Join:
                    ask.Answer.TrySetResult(await NothingToDoAsync(ask));
                    break;
                case VmDecision.Refuse refuse:
                    _whyNotSaved = ask.Verb is VmVerb.Suspend { ByHost: true } ? refuse.Message : _whyNotSaved;

                    // A repeat gets the first answer, also when the request would be refused by now.
                    var earlier = await _recorder.FindRepeatAsync(ask);
                    _ = earlier is not null
                        ? ask.Answer.TrySetResult(earlier)
                        : ask.Answer.TrySetException(new VmException(refuse.Reason, refuse.Message));
                    break;
            }
        }
        catch (Exception refusal) when (refusal is LedgerException or VmException)
        {
            ask.Answer.TrySetException(refusal);
        }
    }

    private async Task BeginAsync(VmMessage.Ask ask, VmDecision.Accept accept)
    {
        var operation = _services.Operations.Draft(ask.Verb.Name, _definition.Id, ask.Request);
        var runId = accept.Work is VmWork.Start ? Guid.NewGuid() : _live?.Run.Id;
        var recording = _recorder.BeginAsync(operation, ask, accept.Work, runId, _definition);
        if (accept.Work is VmWork.Kill)
        {
            var left = KillPatience - _services.Time.GetElapsedTime(ask.Arrived);
            await Task.WhenAny(recording, Task.Delay(left > LedgerPatience ? left : LedgerPatience, _services.Time));
            if (recording.IsCompleted
                ? recording.Exception?.InnerException is LedgerException
                : !await _recorder.IsRepeatAsync(ask.Request, LedgerPatience))
            {
                // Not on record in time, or not at all: the force-stop is carried out all the same.
                Begin(new VmJob(accept.Work, ask.Verb, operation, runId), accept);
                _ = AnswerLaterAsync(ask, operation, recording);
                return;
            }
        }

        if (await recording is { } earlier)
        {
            ask.Answer.TrySetResult(earlier);
            return;
        }

        Begin(new VmJob(accept.Work, ask.Verb, operation, runId), accept);
        ask.Answer.TrySetResult(operation.Current);
    }

    private async Task AnswerLaterAsync(VmMessage.Ask ask, OperationHandle operation, Task<Operation?> recording)
    {
        try
        {
            ask.Answer.TrySetResult(await recording ?? operation.Current);
        }
        catch (LedgerException)
        {
            // It was done and is not on record; the caller is told what is true, and can wait for its end.
            _services.Operations.Publish(operation);
            ask.Answer.TrySetResult(operation.Current);
        }
        catch (VmException refusal)
        {
            ask.Answer.TrySetException(refusal);
        }
    }

    private void Begin(VmJob job, VmDecision.Accept accept)
    {
        var previous = _job;
        _job = job;
        HoldRestart();
        if (accept.Work is VmWork.Kill or VmWork.Quit)
        {
            _expectedEnd ??= VmExitReason.KilledByRequest;
        }

        if (accept.Work is VmWork.Kill)
        {
            _process?.Kill();
        }

        job.LeavesPaused |= accept.Work is VmWork.Quit && _state is VmState.Paused;
        SetState(accept.Next);
        previous?.Preempted.Cancel();
        job.Done = Task.Run(() => CarryOutAsync(job, previous));
    }

    private async Task CarryOutAsync(VmJob job, VmJob? previous)
    {
        Exception? failure = null;
        try
        {
            await WorkAsync(job, previous);
        }
        catch (Exception error)
        {
            // The end of the process, which is on its way, says more than the connection that broke because of it.
            failure = job.IsToEnd && await HasEndedAsync(error) ? null : error;
        }

        _mailbox.Post(VmLane.Seen, new VmMessage.WorkEnded(job, failure));
    }

    private async Task<bool> HasEndedAsync(Exception error)
    {
        if (_live is not { Process.Exited: var exited })
        {
            return false;
        }

        if ((error as QmpException ?? error.InnerException as QmpException) is { Error: QmpError.Closed })
        {
            await Task.WhenAny(exited, Task.Delay(LossPatience, _services.Time));
        }

        return exited.IsCompleted;
    }

    private async Task WorkAsync(VmJob job, VmJob? previous)
    {
        var cancelled = job.Preempted.Token;
        var spec = _definition.Spec;
        if (previous is not null)
        {
            await previous.Done;
        }

        var live = _live ?? previous?.Started;
        switch (job.Work)
        {
            case VmWork.Start:
                await StartAsync(job, cancelled);
                break;
            case VmWork.Suspend:
                await SuspendAsync(live!, job);
                break;
            case VmWork.EndSave:
                await EndSaveAsync(live!, job);
                break;
            case VmWork.Restore:
                await RestoreAsync(live!, job);
                break;
            case VmWork.Kill when live is not null:
                await VmWorks.KillAsync(live);
                break;
            case VmWork.Quit:
                await _works.QuitAsync(live!, cancelled);
                break;
            case VmWork.ClearAway:
                await _works.ClearAwayAsync(live!, cancelled);
                break;
            case VmWork.Shutdown:
                var verb = job.Verb as VmVerb.Shutdown;
                var policy = spec.Shutdown with
                {
                    Timeout = verb?.Timeout ?? spec.Shutdown.Timeout,
                    Fallback = verb?.Fallback ?? spec.Shutdown.Fallback,
                };
                Ensure(await _works.ShutdownAsync(live!, job, policy, () => _recorder.ForcesAsync(job, _definition, live!.Run.Id, LedgerPatience)), policy.Timeout);
                break;
            case VmWork.Reboot:
                var timeout = (job.Verb as VmVerb.Reboot)?.Timeout ?? spec.Shutdown.Timeout;
                Ensure(await _works.RebootAsync(live!, job, timeout), timeout);
                break;
            case VmWork.Reset:
                await VmWorks.ResetAsync(live!, resume: false, cancelled);
                break;
            case VmWork.ResetAndResume:
                await VmWorks.ResetAsync(live!, resume: true, cancelled);
                break;
            case VmWork.Pause:
                await live!.Monitor!.ExecuteAsync(QmpCommands.Stop, cancelled);
                break;
            case VmWork.Resume:
                await live!.Monitor!.ExecuteAsync(QmpCommands.Cont, cancelled);
                break;
        }

        static void Ensure(bool ended, TimeSpan timeout)
        {
            if (!ended)
            {
                throw new VmException(
                    VmErrorReason.ShutdownTimedOut,
                    $"The guest did not shut down within {timeout.TotalSeconds:0.#} s and runs on; give it longer, or stop it.");
            }
        }
    }
}
