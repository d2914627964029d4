using System.Collections.Immutable;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>
/// Restarts after a crash: planned, held while the node starts nothing, given up. How far they have come is on record with
/// the run. What is due stays due there until a run has begun or somebody has given it up, whatever becomes of the agent.
/// </content>
public sealed partial class Vm
{
    /// <summary>Decides what follows the end of a run, or a restart that failed, before that end goes on record.</summary>
    /// <returns>What is to be told of it after the end itself.</returns>
    private (string Kind, string Message, EventSeverity Severity)? PlanRestart(VmExit exit, TimeSpan ranFor, VmJob? job)
    {
        var policy = _definition.Spec.Restart;
        var again = exit.Reason switch
        {
            VmExitReason.QemuCrashed or VmExitReason.OutOfMemory => job is not { IsToEnd: true },
            VmExitReason.StartFailed => job is { IsRestart: true },
            _ => false,
        };
        if (!again || policy.Mode is not RestartMode.OnFailure)
        {
            _recorder.Restarts = null;
            return null;
        }

        var count = ranFor >= policy.ResetAfter ? 1 : (_recorder.Restarts?.Count ?? 0) + 1;
        if (count > policy.MaxRestarts)
        {
            _recorder.Restarts = new RestartStanding(count, null);
            _conditions = [.. _conditions.Where(one => one.Kind is not VmConditionKind.RestartsExhausted), .. RestartConditions(_recorder.Restarts)];
            return (EventKinds.VmRestartsExhausted, $"Given up after {policy.MaxRestarts} restarts.", EventSeverity.Error);
        }

        var wait = Backoff(policy, count);
        _recorder.Restarts = new RestartStanding(count, _services.Time.GetUtcNow() + wait);
        ArmRestart();
        return (EventKinds.VmRestartScheduled, $"Restart {count} of {policy.MaxRestarts} in {wait.TotalSeconds:0.#} s.", EventSeverity.Warning);
    }

    private static TimeSpan Backoff(RestartPolicy policy, int attempt) =>
        TimeSpan.FromTicks(Math.Min(policy.MaxBackoff.Ticks, policy.InitialBackoff.Ticks << Math.Min(attempt - 1, 20)));

    /// <summary>Waits for the restart that is due, if there is one: of this agent's planning, or of an earlier one's.</summary>
    private void ArmRestart()
    {
        if (_recorder.Restarts is { Due: { } due, Count: var attempt })
        {
            var wait = due - _services.Time.GetUtcNow();
            _restartTimer?.Dispose();
            _restartTimer = _services.Time.CreateTimer(
                _ => _mailbox.Post(VmLane.Seen, new VmMessage.RestartDue(attempt)), null, wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Nothing is due while something else is done; on record it is until that has come to its end.</summary>
    private void HoldRestart()
    {
        _restartTimer?.Dispose();
        _recorder.Restarts = _recorder.Restarts is { } standing ? standing with { Due = null } : null;
    }

    private async Task OnRestartDueAsync()
    {
        var (policy, attempt) = (_definition.Spec.Restart, _recorder.Restarts!.Count);
        if (policy.Mode is not RestartMode.OnFailure)
        {
            _recorder.GiveUpRestart(_definition, _lastExit);
            Publish();
            return;
        }

        if (_services.Gate.Refusal is { } closed)
        {
            HoldRestart();
            Note(EventKinds.VmRestartHeld, $"Not restarted for now: {closed.Message}", EventSeverity.Warning);
            Publish();
            _ = AfterOpeningAsync(attempt);
            return;
        }

        var ask = new VmMessage.Ask(new VmVerb.Start(), RequestContext.Agent);
        await OnAskAsync(ask);
        if (_job is { Work: VmWork.Start } job)
        {
            job.IsRestart = true;
            return;
        }

        // It could not even be put on record (a full disk): the same attempt again, later.
        _recorder.Restarts = new RestartStanding(attempt, _services.Time.GetUtcNow() + Backoff(policy, attempt));
        Note(EventKinds.VmRestartHeld, $"Not restarted for now: {ask.Answer.Task.Exception?.InnerException?.Message}", EventSeverity.Warning);
        ArmRestart();
        Publish();
    }

    private async Task AfterOpeningAsync(int attempt)
    {
        await _services.Gate.WhenOpen;
        _mailbox.Post(VmLane.Seen, new VmMessage.RestartDue(attempt));
    }

    /// <summary>A stopped VM that is asked to stop stays stopped, also when its restart was due.</summary>
    private async Task<Operation> NothingToDoAsync(VmMessage.Ask ask)
    {
        var stays = _state is VmState.Stopped && ask.Verb is VmVerb.Stop or VmVerb.Shutdown && _recorder.Restarts is not null && _lastExit is not null;
        var operation = await _recorder.NothingToDoAsync(ask, stays ? _lastExit : null);
        if (stays && _recorder.Restarts is null)
        {
            _restartTimer?.Dispose();
            Publish();
        }

        return operation;
    }

    private ImmutableArray<VmCondition> RestartConditions(RestartStanding? standing) =>
        standing is { Due: null, Count: var count } && count > _definition.Spec.Restart.MaxRestarts
            ? [new VmCondition(VmConditionKind.RestartsExhausted, $"QEMU crashed or did not start {count} times in a row; it is not started again by itself.", _services.Time.GetUtcNow())]
            : [];
}
