namespace NodeAgent.Hypervisor.Vms;

/// <summary>The answer of <see cref="VmLifecycle"/> to a verb or an observation.</summary>
public abstract record VmDecision
{
    private VmDecision()
    {
    }

    /// <summary>Do it.</summary>
    /// <param name="Next">The state from now on.</param>
    /// <param name="Work">What must be done for it.</param>
    public sealed record Accept(VmState Next, VmWork Work = VmWork.None) : VmDecision;

    /// <summary>It is so already: nothing to do, and no error.</summary>
    public sealed record Ignore : VmDecision
    {
        /// <summary>The only one.</summary>
        public static Ignore Instance { get; } = new();
    }

    /// <summary>The same work is under way: its operation is the answer.</summary>
    public sealed record Join : VmDecision
    {
        /// <summary>The only one.</summary>
        public static Join Instance { get; } = new();
    }

    /// <summary>Not now.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Message">Why, and what would help.</param>
    public sealed record Refuse(VmErrorReason Reason, string Message) : VmDecision;
}

/// <summary>Work that a decision asks for.</summary>
public enum VmWork
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Run the start steps.</summary>
    Start,

    /// <summary>Ask the guest to shut down and wait.</summary>
    Shutdown,

    /// <summary>Ask QEMU to leave.</summary>
    Quit,

    /// <summary>Kill the process, whatever else is under way.</summary>
    Kill,

    /// <summary>Ask the guest to shut down, then reset and go on.</summary>
    Reboot,

    /// <summary>Reset the guest.</summary>
    Reset,

    /// <summary>Reset the guest and let its CPUs run.</summary>
    ResetAndResume,

    /// <summary>Stop the CPUs.</summary>
    Pause,

    /// <summary>Let the CPUs go on.</summary>
    Resume,

    /// <summary>Clear away the QEMU of a guest that has ended.</summary>
    ClearAway,

    /// <summary>Save the guest's state to disk and end QEMU.</summary>
    Suspend,

    /// <summary>Take back a save that an earlier agent left half done.</summary>
    EndSave,

    /// <summary>Finish the load of a saved state that an earlier agent began.</summary>
    Restore,

    /// <summary>Remove the VM from the records.</summary>
    Delete,
}
