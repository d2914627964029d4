using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Saves;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What a VM's loop is told.</summary>
internal abstract record VmMessage
{
    private VmMessage()
    {
    }

    /// <summary>Somebody asks for something.</summary>
    public sealed record Ask(VmVerb Verb, RequestContext Request) : VmMessage
    {
        /// <summary>When it came, by the clock's timestamp.</summary>
        public long Arrived { get; init; }

        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<Operation> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Somebody changes the definition.</summary>
    public sealed record Change(string? Etag, Func<VmDefinition, VmDefinition> Edit, RequestContext Request) : VmMessage
    {
        public TaskCompletionSource<VmSnapshot> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Somebody wants the VM forgotten.</summary>
    public sealed record Forget(string? Etag, RequestContext Request) : VmMessage
    {
        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>QEMU told something of the guest.</summary>
    public sealed record GuestSaid(GuestEvent Event, DateTimeOffset? Time) : VmMessage;

    /// <summary>The monitor's health changed.</summary>
    public sealed record MonitorSaid(MonitorHealth Health, string Why) : VmMessage;

    /// <summary>The process has ended and all that it said before has been passed on.</summary>
    public sealed record Exited(LiveQemu Live, ProcessExit Exit) : VmMessage;

    /// <summary>Work beside the loop has come to its end.</summary>
    public sealed record WorkEnded(VmJob Job, Exception? Failure) : VmMessage;

    /// <summary>The monitor's connection is lost and the process lives.</summary>
    public sealed record LossConfirmed(LiveQemu Live, string Why) : VmMessage;

    /// <summary>QEMU was asked what it does: after a re-attachment or a lost connection.</summary>
    public sealed record Resynced(LiveQemu Live, Resync Found) : VmMessage;

    /// <summary>Recovery found what became of the process.</summary>
    public sealed record Recovered(RecoveryFinding Finding, Interruption? Interrupted) : VmMessage
    {
        public TaskCompletionSource Handled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A guest's state is whole on disk, and is to be on record before anything else happens.</summary>
    public sealed record StateSaved(VmJob Job, SavedState Saved, TimeSpan Took) : VmMessage
    {
        public TaskCompletionSource Recorded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A saved state is to be off the record: the guest is about to go on from it, as <paramref name="Run"/>, or nobody will.</summary>
    public sealed record StateUsed(VmJob Job, VmRun? Run) : VmMessage
    {
        public TaskCompletionSource Recorded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The launcher was asked to put limits in force; <paramref name="Refusal"/> says why they are not.</summary>
    public sealed record Limited(LiveQemu Live, ResourceSpec Wanted, string? Refusal) : VmMessage;

    /// <summary>Limits that were refused are to be tried again.</summary>
    public sealed record LimitDue : VmMessage;

    /// <summary>A restart after a crash is due.</summary>
    public sealed record RestartDue(int Attempt) : VmMessage;

    /// <summary>The agent stops: let go of QEMU and end the loop.</summary>
    public sealed record LetGo : VmMessage;
}
