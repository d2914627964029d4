using System.Collections.Immutable;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <content>What is published and recorded of a VM, and changes of its definition.</content>
public sealed partial class Vm
{
    private readonly EventBudget _budget;

    private void SetState(VmState next, bool publish = true)
    {
        if (next != _state)
        {
            _state = next;
            _stateTime = _services.Time.GetUtcNow();
        }

        if (publish)
        {
            Publish();
        }
    }

    private void Publish()
    {
        _revision++;
        Volatile.Write(ref _snapshot, Compose());
        _services.Feed.Publish(_snapshot);
    }

    private VmSnapshot Compose() => new()
    {
        Definition = _definition,
        State = _state,
        StateTime = _stateTime,
        Run = _live?.Run,
        LastExit = _lastExit,
        Conditions = _conditions,
        OperationId = _job?.Operation?.Id,
        RestartCount = _restarts,
        NextRestart = _nextRestart,
        Saved = _recorder.Saved,
        Revision = _revision,
    };

    /// <summary>What goes on record of the state, so that it is known since when it is so.</summary>
    private RunStanding? Standing => _state is VmState.Running or VmState.Paused ? new RunStanding(_state is VmState.Running, _stateTime) : null;

    private bool Has(VmConditionKind kind) => _conditions.Any(condition => condition.Kind == kind);

    private void Raise(VmConditionKind kind, string message)
    {
        var since = _conditions.FirstOrDefault(condition => condition.Kind == kind)?.Since ?? _services.Time.GetUtcNow();
        _conditions = [.. _conditions.Where(condition => condition.Kind != kind), new VmCondition(kind, message, since)];
        Publish();
    }

    private void Clear(VmConditionKind kind)
    {
        if (Has(kind))
        {
            _conditions = [.. _conditions.Where(condition => condition.Kind != kind)];
            Publish();
        }
    }

    private void Note(string kind, string message, EventSeverity severity = EventSeverity.Info, bool recovered = false) =>
        _recorder.Note(_definition, kind, message, severity, recovered);

    private void NoteOfGuest(string kind, string message, EventSeverity severity = EventSeverity.Info)
    {
        if (_budget.TryTake(out var leftOut))
        {
            Note(kind, leftOut > 0 ? $"{message} {leftOut} events of this guest before it were left out." : message, severity);
        }
    }

    private async Task OnChangeAsync(VmMessage.Change change)
    {
        try
        {
            CheckEtag(change.Etag);
            var edited = change.Edit(_definition);
            var next = edited with
            {
                Id = _definition.Id,
                CreateTime = _definition.CreateTime,
                Generation = _definition.Generation + 1,
                UpdateTime = _services.Time.GetUtcNow(),
            };
            if (await _recorder.ChangedAsync(_definition, next, change.Request))
            {
                var limits = _definition.Spec.Resources;
                _definition = next;
                Publish();
                _ = LimitAsync(limits);
            }

            change.Answer.TrySetResult(Snapshot);
        }
        catch (Exception refusal) when (refusal is VmException or LedgerException)
        {
            change.Answer.TrySetException(refusal);
        }
    }

    /// <summary>Puts the limits of the spec in force where others are; the VM runs on whatever becomes of it.</summary>
    private async Task LimitAsync(ResourceSpec? inForce)
    {
        if (_live is not { Run: { Process: { } process, Boot.Accelerator: var accelerator } run } || inForce == _definition.Spec.Resources)
        {
            return;
        }

        // The memory that runs counts, not the one that waits for the next start.
        var limited = (run.Spec ?? _definition.Spec) with { Resources = _definition.Spec.Resources };
        try
        {
            await _services.Launcher.LimitAsync(process, limited, accelerator, CancellationToken.None);
        }
        catch (IOException refusal)
        {
            Note(EventKinds.VmLimitsRefused, refusal.Message, EventSeverity.Warning);
        }
    }

    private async Task<bool> OnForgetAsync(VmMessage.Forget forget)
    {
        try
        {
            CheckEtag(forget.Etag);
            if (VmLifecycle.Decide(_state, new VmVerb.Delete()) is VmDecision.Refuse refuse)
            {
                throw new VmException(refuse.Reason, refuse.Message);
            }

            if (_job is not null)
            {
                throw new VmException(VmErrorReason.OperationInProgress, "Work on this VM is under way; wait for it.");
            }

            await _recorder.ForgottenAsync(_definition, forget.Request);
            _restartTimer?.Dispose();
            VmStateFiles.Remove(_services.Options.VmStateDirectory(_definition.Id));
            _services.Feed.Remove(_definition.Id, _definition.Name);
            forget.Answer.TrySetResult();
            return true;
        }
        catch (Exception refusal) when (refusal is VmException or LedgerException)
        {
            forget.Answer.TrySetException(refusal);
            return false;
        }
    }

    private void CheckEtag(string? etag)
    {
        if (!string.IsNullOrEmpty(etag) && etag != _definition.Etag)
        {
            throw new VmException(VmErrorReason.EtagMismatch, "The VM was changed since you read it; read it again and repeat your change.");
        }
    }
}
