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
        Show();
        _services.Feed.Publish(_snapshot);
    }

    // Before a record that ends an operation: whoever waited for that asks for the VM next. Who follows the feed is told
    // after the record is on its way, so that the event of it comes before any of what is done because of the change.
    private void Show()
    {
        _revision++;
        Volatile.Write(ref _snapshot, Compose());
    }

    private VmSnapshot Compose() => new()
    {
        Definition = _definition,
        State = _state,
        StateTime = _stateTime,
        Run = Run,
        LastExit = _lastExit,
        Conditions = _conditions,
        OperationId = _job?.Operation?.Id,
        RestartCount = _recorder.Restarts?.Count ?? 0,
        NextRestart = _recorder.Restarts?.Due,
        Saved = _recorder.Saved,
        Revision = _revision,
    };

    /// <summary>What goes on record of the state, so that it is known since when it is so.</summary>
    private RunStanding? Standing => _state switch
    {
        VmState.Running => new RunStanding(CpusRun: true, _stateTime),
        VmState.Paused paused => new RunStanding(CpusRun: false, _stateTime, paused.Cause),
        _ => null,
    };

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
            if (OfEtag(change.Etag) is { } faster)
            {
                change.Answer.TrySetResult(await _recorder.WasChangedAsync(change.Request) ? Snapshot : throw faster);
                return;
            }

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
                var before = _definition;
                _definition = next;
                _index.Rename(this, before.Name, next.Name);
                Publish();
                if (next.Spec.Resources != before.Spec.Resources)
                {
                    _ = AnswerWithLimitsAsync(change, Limit());
                    return;
                }
            }

            change.Answer.TrySetResult(Snapshot);
        }
        catch (Exception refusal) when (refusal is VmException or LedgerException)
        {
            change.Answer.TrySetException(refusal);
        }
    }

    private async Task<bool> OnForgetAsync(VmMessage.Forget forget)
    {
        try
        {
            if (OfForget(forget.Etag) is { } refusal)
            {
                // A late repeat is about an earlier VM of this id; this one stays as it is.
                return await _recorder.WasForgottenAsync(forget.Request) ? Answer(forgotten: false) : throw refusal;
            }

            if (!await _recorder.ForgottenAsync(_definition, forget.Request))
            {
                return Answer(forgotten: false);
            }

            _restartTimer?.Dispose();
            VmStateFiles.Remove(_services.Options.VmStateDirectory(_definition.Id));
            _services.Feed.Remove(_definition.Id, _definition.Name);
            _index.Remove(this, _definition);
            return Answer(forgotten: true);
        }
        catch (Exception refusal) when (refusal is VmException or LedgerException)
        {
            forget.Answer.TrySetException(refusal);
            return false;
        }

        bool Answer(bool forgotten)
        {
            forget.Answer.TrySetResult();
            return forgotten;
        }
    }

    private VmException? OfForget(string? etag) =>
        OfEtag(etag) ?? (VmLifecycle.Decide(_state, new VmVerb.Delete()) is VmDecision.Refuse refuse ? new VmException(refuse.Reason, refuse.Message)
            : _job is not null ? new VmException(VmErrorReason.OperationInProgress, "Work on this VM is under way; wait for it.")
            : null);

    private VmException? OfEtag(string? etag) => string.IsNullOrEmpty(etag) || etag == _definition.Etag ? null
        : new VmException(VmErrorReason.EtagMismatch, "The VM was changed since you read it; read it again and repeat your change.");
}
