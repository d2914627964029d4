namespace NodeAgent.Hypervisor.Vms;

/// <summary>What somebody can ask of a VM.</summary>
public abstract record VmVerb
{
    private VmVerb()
    {
    }

    /// <summary>The method's name in the contract.</summary>
    public abstract string Name { get; }

    /// <summary>Start QEMU and, unless paused, the guest.</summary>
    /// <param name="Paused">Leave the guest's CPUs standing before their first instruction.</param>
    /// <param name="DiscardSavedState">Boot it also where a saved state is waiting, which is lost.</param>
    public sealed record Start(bool Paused = false, bool DiscardSavedState = false) : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "StartVm";
    }

    /// <summary>Ask the guest to shut down.</summary>
    /// <param name="Timeout">How long it may take; <c>null</c> for the spec's.</param>
    /// <param name="Fallback">What comes then; <c>null</c> for the spec's.</param>
    public sealed record Shutdown(TimeSpan? Timeout = null, Spec.ShutdownFallback? Fallback = null) : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "ShutdownVm";
    }

    /// <summary>End QEMU without asking the guest.</summary>
    /// <param name="Force">Kill the process rather than ask QEMU to leave.</param>
    public sealed record Stop(bool Force) : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "StopVm";
    }

    /// <summary>Ask the guest to shut down, then start it again in the same process.</summary>
    /// <param name="Timeout">How long it may take; <c>null</c> for the spec's.</param>
    public sealed record Reboot(TimeSpan? Timeout = null) : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "RebootVm";
    }

    /// <summary>Press the reset button.</summary>
    public sealed record Reset : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "ResetVm";
    }

    /// <summary>Stop the guest's CPUs.</summary>
    public sealed record Pause : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "PauseVm";
    }

    /// <summary>Save the guest's state to disk and end QEMU; the next start goes on from there.</summary>
    /// <param name="ByHost">The host goes down: after its boot the guest goes on by itself.</param>
    /// <param name="Limit">How long it may take until the state is on record; <c>null</c> for as long as it takes.</param>
    public sealed record Suspend(bool ByHost = false, TimeSpan? Limit = null) : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "SuspendVm";
    }

    /// <summary>Let the guest's CPUs go on.</summary>
    public sealed record Resume : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "ResumeVm";
    }

    /// <summary>Forget the VM.</summary>
    public sealed record Delete : VmVerb
    {
        /// <inheritdoc/>
        public override string Name => "DeleteVm";
    }
}
