using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>
/// Limits of a VM that runs: put in force beside the loop, one change after the other, and again until they are. Until
/// then what runs has the old ones, and that is what is published and on record of it.
/// </content>
public sealed partial class Vm
{
    private static readonly TimeSpan FirstLimitRetry = TimeSpan.FromSeconds(1), LastLimitRetry = TimeSpan.FromMinutes(1);

    // How long the answer to a change waits for its limits, so that it seldom calls pending what is in force a moment later.
    private static readonly TimeSpan LimitPatience = TimeSpan.FromSeconds(1);

    private ResourceSpec? _limits;
    private ResourceSpec? _limitsRefused;
    private TaskCompletionSource? _limiting;
    private TimeSpan _limitWait;
    private ITimer? _limitTimer;

    /// <summary>The run, with the limits that it has by now.</summary>
    private VmRun? Run => _live?.Run is { Spec: { } spec } run && _limits is not null && spec.Resources != _limits
        ? run with { Spec = spec with { Resources = _limits } }
        : _live?.Run;

    /// <summary>Puts the limits of the spec in force where others are; the VM runs on whatever becomes of it.</summary>
    /// <returns>Completes when they are, or are refused.</returns>
    private Task Limit()
    {
        if (_limiting is { } underWay)
        {
            return underWay.Task;
        }

        if (_live is not { Run.Process: not null } live || _limits == _definition.Spec.Resources)
        {
            return Task.CompletedTask;
        }

        _limitTimer?.Dispose();
        _limiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = LimitAsync(live, _definition.Spec);
        return _limiting.Task;
    }

    private async Task LimitAsync(LiveQemu live, VmSpec wanted)
    {
        string? refusal = null;
        try
        {
            // The memory that runs counts, not the one that waits for the next start.
            var limited = (live.Run.Spec ?? wanted) with { Resources = wanted.Resources };
            await _services.Launcher.LimitAsync(live.Run.Process!, limited, live.Run.Boot.Accelerator, CancellationToken.None);
        }
        catch (IOException refused)
        {
            refusal = refused.Message;
        }

        _mailbox.Post(VmLane.Seen, new VmMessage.Limited(live, wanted.Resources, refusal));
    }

    private void OnLimited(VmMessage.Limited told)
    {
        var waiting = _limiting;
        _limiting = null;
        if (told.Live == _live && told.Refusal is null)
        {
            _limits = told.Wanted;
            _limitsRefused = null;
            _recorder.Limited(_definition, Run!, Standing);
            Publish();
        }
        else if (told.Live == _live && told.Wanted == _definition.Spec.Resources)
        {
            OnLimitsRefused(told);
        }

        waiting?.TrySetResult();
        if (told.Refusal is null || told.Wanted != _definition.Spec.Resources || told.Live != _live)
        {
            // There may be newer ones by now, or another run.
            _ = Limit();
        }
    }

    private void OnLimitsRefused(VmMessage.Limited told)
    {
        if (_limitsRefused != told.Wanted)
        {
            _limitsRefused = told.Wanted;
            _limitWait = FirstLimitRetry;
            Note(EventKinds.VmLimitsRefused, $"{told.Refusal} It is tried again.", EventSeverity.Warning);
        }

        _limitTimer?.Dispose();
        _limitTimer = _services.Time.CreateTimer(_ => _mailbox.Post(VmLane.Seen, new VmMessage.LimitDue()), null, _limitWait, Timeout.InfiniteTimeSpan);
        _limitWait = _limitWait * 2 < LastLimitRetry ? _limitWait * 2 : LastLimitRetry;
    }

    private async Task AnswerWithLimitsAsync(VmMessage.Change change, Task limited)
    {
        await Task.WhenAny(limited, Task.Delay(LimitPatience, _services.Time));
        change.Answer.TrySetResult(Snapshot);
    }
}
