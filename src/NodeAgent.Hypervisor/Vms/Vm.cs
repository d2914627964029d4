using System.Collections.Immutable;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Consoles;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// One VM: an actor. Its loop is the only writer of its state; what takes time runs beside the loop as a
/// <see cref="VmJob"/> and comes back as a message; what happens to the guest comes in as messages too; readers take
/// the published snapshot. <see cref="VmLifecycle"/> decides, this class carries out, <see cref="VmRecorder"/> records.
/// </summary>
public sealed partial class Vm
{
    // How long after its arrival a force-stop still waits for a loop or a ledger that is held up by something else: less
    // than half of the 100 ms that are promised, because the rest is the machine's.
    private static readonly TimeSpan KillPatience = TimeSpan.FromMilliseconds(40);

    // How long a force-stop waits for one look at the ledger, whatever is left of that.
    private static readonly TimeSpan LedgerPatience = TimeSpan.FromMilliseconds(15);

    private const int MostHeldBack = 1024;

    private readonly VmServices _services;
    private readonly VmMailbox _mailbox = new();
    private readonly VmRecorder _recorder;
    private readonly VmWorks _works;
    private readonly VmIndex _index;
    private readonly MonitorListener _listener;
    private readonly List<VmMessage> _heldBack = [];
    private VmDefinition _definition;
    private VmState _state;
    private readonly RunRecord? _lastRun;
    private DateTimeOffset _stateTime;
    private volatile LiveQemu? _live;
    private VmJob? _job;
    private VmExitReason? _expectedEnd;
    private bool _endWasFound;
    private bool _guestEndTold;
    private string? _hostCause;
    private PauseCause? _nextPause;
    private VmExit? _lastExit;
    private ImmutableArray<VmCondition> _conditions = [];
    private bool _endSeen;
    private ITimer? _restartTimer;
    private long _revision;
    private VmSnapshot _snapshot;
    private volatile QemuProcess? _process;
    private volatile VmStats? _stats;

    internal Vm(VmDefinition definition, RunRecord? lastRun, VmState initial, VmServices services, VmIndex index)
    {
        _services = services;
        _index = index;
        _definition = definition;
        _state = initial;
        _lastRun = lastRun;
        _stateTime = initial is VmState.Stopped ? lastRun?.Exit?.Time ?? definition.CreateTime : services.Time.GetUtcNow();
        _lastExit = lastRun?.Exit;
        _conditions = initial is VmState.Stopped ? RestartConditions(lastRun?.Restarts) : [];
        _recorder = new VmRecorder(services, definition.Id, lastRun);
        _budget = new EventBudget(services.Time);
        _works = new VmWorks(services.Options, services.Time);
        Console = new VmConsole(new ConsoleHistory(
            services.Options.VmStateDirectory(definition.Id), definition.Spec.Console?.HistoryBytes ?? 4096));
        _listener = new MonitorListener(
            (said, time) => _mailbox.Post(VmLane.Seen, new VmMessage.GuestSaid(said, time)),
            (health, why) => _mailbox.Post(VmLane.Seen, new VmMessage.MonitorSaid(health, why)));
        _snapshot = Compose();
        Loop = Task.Run(RunAsync);
    }

    /// <summary>All that is published of it right now.</summary>
    public VmSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Its last sample; <c>null</c> before the first of this run.</summary>
    public VmStats? Stats => _stats;

    /// <summary>Its serial console.</summary>
    public VmConsole Console { get; }

    /// <summary>Whether it is a QEMU that nobody has on record, shown in quarantine.</summary>
    internal bool IsStray { get; init; }

    /// <summary>Ends when the VM has been forgotten, or the agent has let go of it.</summary>
    internal Task Loop { get; }

    internal MonitorListener Listener => _listener;

    /// <summary>Asks for something. Returns once the decision is durable; the work goes on.</summary>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">The decision could not be recorded, so nothing was done.</exception>
    public async Task<Operation> ApplyAsync(VmVerb verb, RequestContext request, CancellationToken cancellationToken)
    {
        var ask = new VmMessage.Ask(verb, request) { Arrived = _services.Time.GetTimestamp() };
        var force = verb is VmVerb.Stop { Force: true };
        Post(force ? VmLane.Urgent : VmLane.Asked, ask);
        if (force)
        {
            await KillIfHeldUpAsync(ask);
        }

        return await ask.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Changes name, labels or spec.</summary>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">It could not be recorded, so nothing was changed.</exception>
    internal Task<VmSnapshot> ChangeAsync(string? etag, Func<VmDefinition, VmDefinition> edit, RequestContext request, CancellationToken cancellationToken)
    {
        var change = new VmMessage.Change(etag, edit, request);
        Post(VmLane.Asked, change);
        return change.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Forgets a stopped VM.</summary>
    /// <exception cref="VmException">Refused.</exception>
    /// <exception cref="LedgerException">It could not be recorded, so nothing was forgotten.</exception>
    internal Task ForgetAsync(string? etag, RequestContext request, CancellationToken cancellationToken)
    {
        var forget = new VmMessage.Forget(etag, request);
        Post(VmLane.Asked, forget);
        return forget.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Tells the VM what recovery found. Completes when the VM has become that.</summary>
    internal Task TellAsync(RecoveryFinding finding, Interruption? interrupted)
    {
        var told = new VmMessage.Recovered(finding, interrupted);
        _mailbox.Post(VmLane.Seen, told);
        return told.Handled.Task;
    }

    /// <summary>Lets go of QEMU, which runs on, and ends the loop.</summary>
    internal Task LetGoAsync()
    {
        _mailbox.Post(VmLane.Urgent, new VmMessage.LetGo());
        return Loop;
    }

    /// <summary>Takes a sample, unless the guest is not there or its monitor is lost.</summary>
    internal async Task SampleAsync(CancellationToken cancellationToken)
    {
        if (_live is { Monitor: { } monitor } live && _state is VmState.Running or VmState.Paused)
        {
            _stats = await VmSample.TakeAsync(live, monitor, _services.Time, cancellationToken);
            QemuLog.Trim(live.Directory.Log);
        }
    }

    private void Post(VmLane lane, VmMessage message)
    {
        if (!_mailbox.Post(lane, message))
        {
            throw Loop.IsCompleted
                ? new VmException(VmErrorReason.NotFound, "The VM is no more.")
                : new VmException(VmErrorReason.Overloaded, "The VM has too many waiting requests; try again in a moment.");
        }
    }

    private async Task KillIfHeldUpAsync(VmMessage.Ask ask)
    {
        if (await Task.WhenAny(ask.Taken.Task, Task.Delay(KillPatience - LedgerPatience, _services.Time)) != ask.Taken.Task
            && !await _recorder.IsRepeatAsync(ask.Request, LedgerPatience)
            && !ask.Taken.Task.IsCompleted)
        {
            _process?.Kill();
        }
    }

    private async Task RunAsync()
    {
        using var about = _services.Logger.BeginScope(new VmLogScope(_definition.Id, () => _definition.Name));
        _services.Feed.Publish(Snapshot);
        while (await _mailbox.ReceiveAsync() is var message)
        {
            try
            {
                if (!await HandleAsync(message))
                {
                    break;
                }
            }
            catch (Exception defect)
            {
                VmLog.LoopDefect(_services.Logger, _definition.Name, defect);
                VmMessages.Fail(message, defect);
            }
        }

        foreach (var left in _mailbox.Close())
        {
            VmMessages.Fail(left, new VmException(VmErrorReason.NotFound, "The VM is no more."));
        }
    }

    private async Task<bool> HandleAsync(VmMessage message)
    {
        switch (message)
        {
            case VmMessage.Ask ask:
                ask.Taken.TrySetResult();
                await OnAskAsync(ask);
                break;
            case VmMessage.Change change:
                await OnChangeAsync(change);
                break;
            case VmMessage.Forget forget:
                return !await OnForgetAsync(forget);
            case VmMessage.GuestSaid or VmMessage.MonitorSaid when _state is VmState.Starting:
            case VmMessage.GuestSaid when _state is VmState.Unknown:
                // The guest may speak before its start, or its re-attachment, is complete; it is heard when there is somebody
                // to hear it. Of a guest that goes on and on the rest is found by asking.
                if (message is VmMessage.MonitorSaid || _heldBack.Count < MostHeldBack)
                {
                    _heldBack.Add(message);
                }

                break;
            case VmMessage.GuestSaid said:
                OnGuestSaid(said.Event);
                break;
            case VmMessage.MonitorSaid said:
                OnMonitorSaid(said.Health, said.Why);
                break;
            case VmMessage.Exited exited when exited.Live == _live:
                await OnExitedAsync(exited.Live, exited.Exit);
                break;
            case VmMessage.WorkEnded ended:
                await OnWorkEndedAsync(ended.Job, ended.Failure);
                break;
            case VmMessage.StateSaved saved:
                await OnStateSavedAsync(saved);
                break;
            case VmMessage.StateUsed used:
                await OnStateUsedAsync(used);
                break;
            case VmMessage.Resynced resynced when resynced.Live == _live:
                OnResynced(resynced.Found);
                break;
            case VmMessage.LossConfirmed lost when lost.Live == _live:
                OnLossConfirmed(lost.Why);
                break;
            case VmMessage.Recovered recovered:
                await OnRecoveredAsync(recovered.Finding, recovered.Interrupted);
                recovered.Handled.TrySetResult();
                break;
            case VmMessage.RestartDue due when _state is VmState.Stopped && due.Attempt == _recorder.Restarts?.Count:
                await OnRestartDueAsync();
                break;
            case VmMessage.Limited limited:
                OnLimited(limited);
                break;
            case VmMessage.LimitDue:
                _ = Limit();
                break;
            case VmMessage.LetGo:
                await OnLetGoAsync();
                return false;
        }

        return true;
    }
}
