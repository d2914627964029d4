using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// The one place that decides what may happen to a VM: a pure function of its state and of what is asked or
/// seen. It knows nothing of QEMU, files or time, and the whole table of states and inputs is a test.
/// </summary>
public static class VmLifecycle
{
    /// <summary>Decides on something that was asked for.</summary>
    public static VmDecision Decide(VmState state, VmVerb verb) => state switch
    {
        VmState.Stopped stopped => WhenStopped(stopped, verb),
        VmState.Starting => WhenStarting(verb),
        VmState.Running => WhenRunning(verb),
        VmState.Paused paused => WhenPaused(paused, verb),
        VmState.Stopping stopping => WhenStopping(stopping, verb),
        VmState.Unknown unknown => WhenUnproven(VmErrorReason.StateUnknown, unknown.Why, unknown.ProcessProven, verb),
        VmState.Quarantined held => WhenUnproven(VmErrorReason.Quarantined, held.Why, held.ProcessProven, verb),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>Decides on something that was seen. Observations are facts: they are followed or ignored, never refused.</summary>
    public static VmDecision Decide(VmState state, VmObservation seen) => seen switch
    {
        VmObservation.Gone gone => state is VmState.Stopped
            ? VmDecision.Ignore.Instance
            : new VmDecision.Accept(new VmState.Stopped(gone.Exit)),
        VmObservation.InDoubt doubt when state is not VmState.Stopped =>
            new VmDecision.Accept(new VmState.Unknown(doubt.Why, doubt.ProcessProven)),
        VmObservation.NotAttachable lost when state is not VmState.Stopped =>
            new VmDecision.Accept(new VmState.Quarantined(lost.Why, lost.ProcessProven)),
        VmObservation.Adopted adopted when state is VmState.Unknown or VmState.Quarantined =>
            new VmDecision.Accept(adopted.CpusRun ? new VmState.Running() : new VmState.Paused(adopted.Cause)),
        VmObservation.Started when state is VmState.Starting starting =>
            new VmDecision.Accept(starting.LeavePaused ? new VmState.Paused(PauseCause.Requested) : new VmState.Running()),
        _ => state is VmState.Running or VmState.Paused ? WhenAlive(state, seen)
            : state is VmState.Stopping stopping ? WhenLeaving(stopping, seen)
            : VmDecision.Ignore.Instance,
    };

    private static VmDecision WhenStopped(VmState.Stopped stopped, VmVerb verb) => verb switch
    {
        VmVerb.Start start => new VmDecision.Accept(new VmState.Starting(start.Paused), VmWork.Start),
        VmVerb.Delete => new VmDecision.Accept(new VmState.Stopped(null), VmWork.Delete),
        VmVerb.Stop or VmVerb.Shutdown => VmDecision.Ignore.Instance,
        VmVerb.Suspend when stopped.Exit?.Reason is VmExitReason.Suspended => VmDecision.Ignore.Instance,
        _ => new VmDecision.Refuse(VmErrorReason.NotRunning, "The VM is stopped; start it first."),
    };

    private static VmDecision WhenStarting(VmVerb verb) => verb switch
    {
        VmVerb.Start => VmDecision.Join.Instance,
        VmVerb.Stop => Kill,
        _ => Busy("The VM is being started; wait for that operation, or stop the VM."),
    };

    private static VmDecision WhenRunning(VmVerb verb) => verb switch
    {
        VmVerb.Start or VmVerb.Resume => VmDecision.Ignore.Instance,
        VmVerb.Shutdown => new VmDecision.Accept(new VmState.Stopping(StopKind.Shutdown), VmWork.Shutdown),
        VmVerb.Stop { Force: true } => Kill,
        VmVerb.Stop => new VmDecision.Accept(new VmState.Stopping(StopKind.Quit), VmWork.Quit),
        VmVerb.Reboot => new VmDecision.Accept(new VmState.Running(), VmWork.Reboot),
        VmVerb.Reset => new VmDecision.Accept(new VmState.Running(), VmWork.Reset),
        VmVerb.Pause => new VmDecision.Accept(new VmState.Running(), VmWork.Pause),
        VmVerb.Suspend => Suspend,
        _ => NotStopped,
    };

    private static VmDecision WhenPaused(VmState.Paused state, VmVerb verb) => verb switch
    {
        VmVerb.Start or VmVerb.Pause => VmDecision.Ignore.Instance,
        VmVerb.Stop { Force: true } => Kill,
        VmVerb.Stop => new VmDecision.Accept(new VmState.Stopping(StopKind.Quit), VmWork.Quit),
        VmVerb.Reset => state.Cause is PauseCause.GuestPanic
            ? new VmDecision.Accept(state, VmWork.ResetAndResume)
            : new VmDecision.Accept(state, VmWork.Reset),
        VmVerb.Resume => state.Cause is PauseCause.GuestPanic
            ? new VmDecision.Refuse(VmErrorReason.GuestPanicked, "The guest has panicked; reset or stop it.")
            : new VmDecision.Accept(state, VmWork.Resume),
        VmVerb.Suspend => state.Cause is PauseCause.Requested
            ? Suspend
            : new VmDecision.Refuse(
                VmErrorReason.GuestPaused, $"The guest stands still for a reason ({state.Cause}) that a saved state would only preserve; mend that first, or stop it."),
        VmVerb.Shutdown or VmVerb.Reboot => new VmDecision.Refuse(
            VmErrorReason.GuestPaused, "The guest's CPUs stand still, so it cannot react; resume it first, or stop it."),
        _ => NotStopped,
    };

    private static VmDecision WhenStopping(VmState.Stopping state, VmVerb verb) => verb switch
    {
        VmVerb.Stop { Force: true } => state.How is StopKind.Kill ? VmDecision.Join.Instance : Kill,
        VmVerb.Stop => state.How is StopKind.Quit or StopKind.Kill ? VmDecision.Join.Instance
            : Busy("The VM is being shut down; wait for that operation, cancel it, or stop with force."),
        VmVerb.Shutdown => state.How is StopKind.Shutdown ? VmDecision.Join.Instance
            : Busy("The VM is being stopped; wait for that operation."),
        VmVerb.Suspend when state.How is StopKind.Suspend => VmDecision.Join.Instance,
        _ => Busy("The VM is being stopped; wait for that operation."),
    };

    // Only the owner's explicit word ends a process that the agent cannot talk to, and only one that is proven.
    private static VmDecision WhenUnproven(VmErrorReason reason, string why, bool processProven, VmVerb verb) =>
        verb is VmVerb.Stop { Force: true } && processProven
            ? Kill
            : new VmDecision.Refuse(reason, processProven
                ? $"{why} Wait, or stop the VM with force."
                : $"{why} The agent does not touch the process.");

    private static VmDecision WhenAlive(VmState state, VmObservation seen) => seen switch
    {
        VmObservation.CpusStopped stopped => state is VmState.Paused
            ? VmDecision.Ignore.Instance
            : new VmDecision.Accept(new VmState.Paused(stopped.Cause)),
        VmObservation.CpusResumed => state is VmState.Running
            ? VmDecision.Ignore.Instance
            : new VmDecision.Accept(new VmState.Running()),
        VmObservation.GuestShutDown => new VmDecision.Accept(new VmState.Stopping(StopKind.GuestEnded), VmWork.ClearAway),
        VmObservation.GuestPanicked panic => panic.Action switch
        {
            PanicAction.Stop => new VmDecision.Accept(new VmState.Stopping(StopKind.GuestEnded), VmWork.ClearAway),
            PanicAction.Reset => new VmDecision.Accept(state, VmWork.ResetAndResume),
            _ => new VmDecision.Accept(new VmState.Paused(PauseCause.GuestPanic)),
        },
        VmObservation.WatchdogFired { Action: WatchdogAction.Stop } =>
            new VmDecision.Accept(new VmState.Stopping(StopKind.GuestEnded), VmWork.ClearAway),
        VmObservation.WatchdogFired { Action: WatchdogAction.Pause } =>
            new VmDecision.Accept(new VmState.Paused(PauseCause.Watchdog)),
        _ => VmDecision.Ignore.Instance,
    };

    private static VmDecision WhenLeaving(VmState.Stopping state, VmObservation seen) => seen switch
    {
        // Shutdown's own steps see the guest's end and clear away; here it is only noted which way it goes.
        VmObservation.StopAbandoned abandoned when state.How is StopKind.Shutdown or StopKind.Quit or StopKind.Suspend =>
            new VmDecision.Accept(abandoned.CpusRun ? new VmState.Running() : new VmState.Paused(PauseCause.Requested)),
        _ => VmDecision.Ignore.Instance,
    };

    private static VmDecision.Accept Kill { get; } = new(new VmState.Stopping(StopKind.Kill), VmWork.Kill);

    private static VmDecision.Accept Suspend { get; } = new(new VmState.Stopping(StopKind.Suspend), VmWork.Suspend);

    private static VmDecision.Refuse NotStopped { get; } =
        new(VmErrorReason.NotStopped, "The VM is not stopped; stop it first.");

    private static VmDecision.Refuse Busy(string message) => new(VmErrorReason.OperationInProgress, message);
}
