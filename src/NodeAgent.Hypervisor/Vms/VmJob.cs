using NodeAgent.Hypervisor.Jobs;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Work that goes on beside a VM's loop: one at a time, and a force-stop pre-empts it.</summary>
internal sealed class VmJob(VmWork work, VmVerb? verb = null, OperationHandle? operation = null, Guid? runId = null)
{
    /// <summary>What is done.</summary>
    public VmWork Work { get; } = work;

    /// <summary>What was asked for; <c>null</c> for the agent's own work.</summary>
    public VmVerb? Verb { get; } = verb;

    /// <summary>The operation that tells of it; <c>null</c> for the agent's own work.</summary>
    public OperationHandle? Operation { get; } = operation;

    /// <summary>The run that it is about.</summary>
    public Guid? RunId { get; } = runId;

    /// <summary>Cancelled when something else takes precedence, or when somebody cancels the operation. A kill is not to be cancelled.</summary>
    public CancellationTokenSource Preempted { get; } = CancellationTokenSource.CreateLinkedTokenSource(
        work is VmWork.Kill || operation is null ? CancellationToken.None : operation.Cancelled);

    /// <summary>Set when the guest has shut itself down, or is gone.</summary>
    public TaskCompletionSource GuestEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes, never with a failure, when the work has ended and has told the loop.</summary>
    public Task Done { get; set; } = Task.CompletedTask;

    /// <summary>Whether the guest's CPUs stand still once it is over, where that is not what the work is about.</summary>
    public bool LeavesPaused { get; set; }

    /// <summary>Whether the work came to its last resort and killed the process, so that its end is no crash.</summary>
    public bool HasKilled { get; set; }

    /// <summary>Whether it is the start that follows a crash by the restart policy.</summary>
    public bool IsRestart { get; set; }

    /// <summary>Whether it is to end the run: what ends meanwhile is not started again, however it ended.</summary>
    public bool IsToEnd => Work is VmWork.Shutdown or VmWork.Quit or VmWork.Kill or VmWork.ClearAway or VmWork.Suspend;

    /// <summary>What a start made.</summary>
    public LiveQemu? Started { get; set; }

    /// <summary>Whether the operation has been ended already.</summary>
    public bool Settled { get; set; }
}
