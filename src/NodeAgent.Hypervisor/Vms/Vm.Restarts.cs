using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>Restarts after a crash: planned, held while the node starts nothing, given up.</content>
public sealed partial class Vm
{
    private void PlanRestart(VmExit exit, TimeSpan ranFor)
    {
        var policy = _definition.Spec.Restart;
        if (exit.Reason is not (VmExitReason.QemuCrashed or VmExitReason.OutOfMemory) || policy.Mode is not RestartMode.OnFailure)
        {
            _restarts = 0;
            return;
        }

        _restarts = ranFor >= policy.ResetAfter ? 1 : _restarts + 1;
        if (_restarts > policy.MaxRestarts)
        {
            Raise(VmConditionKind.RestartsExhausted, $"QEMU crashed {_restarts} times in a row; it is not started again by itself.");
            Note(EventKinds.VmRestartsExhausted, $"Given up after {policy.MaxRestarts} restarts.", EventSeverity.Error);
            return;
        }

        var wait = TimeSpan.FromTicks(Math.Min(policy.MaxBackoff.Ticks, policy.InitialBackoff.Ticks << Math.Min(_restarts - 1, 20)));
        _nextRestart = _services.Time.GetUtcNow() + wait;
        var attempt = _restarts;
        _restartTimer = _services.Time.CreateTimer(
            _ => _mailbox.Post(VmLane.Seen, new VmMessage.RestartDue(attempt)), null, wait, Timeout.InfiniteTimeSpan);
        Note(EventKinds.VmRestartScheduled, $"Restart {attempt} of {policy.MaxRestarts} in {wait.TotalSeconds:0.#} s.", EventSeverity.Warning);
    }

    private async Task OnRestartDueAsync()
    {
        if (_services.Gate.Refusal is not { } closed)
        {
            await OnAskAsync(new VmMessage.Ask(new VmVerb.Start(), RequestContext.Agent));
            return;
        }

        _nextRestart = null;
        Note(EventKinds.VmRestartHeld, $"Not restarted for now: {closed.Message}", EventSeverity.Warning);
        Publish();
        _ = AfterOpeningAsync(_restarts);
    }

    private async Task AfterOpeningAsync(int attempt)
    {
        await _services.Gate.WhenOpen;
        _mailbox.Post(VmLane.Seen, new VmMessage.RestartDue(attempt));
    }

    /// <summary>A stopped VM that is asked to stop stays stopped, also when its restart was due.</summary>
    private void GiveUpRestart(VmVerb verb)
    {
        if (verb is VmVerb.Stop or VmVerb.Shutdown && _restarts > 0)
        {
            _restartTimer?.Dispose();
            _nextRestart = null;
            _restarts = 0;
            Publish();
        }
    }
}
