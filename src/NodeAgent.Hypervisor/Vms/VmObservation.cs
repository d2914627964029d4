using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What was seen to happen to a VM, whoever caused it.</summary>
public abstract record VmObservation
{
    private VmObservation()
    {
    }

    /// <summary>All start steps are done.</summary>
    public sealed record Started : VmObservation;

    /// <summary>The process is proven gone.</summary>
    /// <param name="Exit">How it ended.</param>
    public sealed record Gone(VmExit Exit) : VmObservation;

    /// <summary>The guest's CPUs stopped.</summary>
    /// <param name="Cause">Why.</param>
    public sealed record CpusStopped(PauseCause Cause) : VmObservation;

    /// <summary>The guest's CPUs go on.</summary>
    public sealed record CpusResumed : VmObservation;

    /// <summary>The guest shut itself down; QEMU is still there.</summary>
    public sealed record GuestShutDown : VmObservation;

    /// <summary>The guest's kernel panicked; QEMU has stopped its CPUs.</summary>
    /// <param name="Action">What the spec says.</param>
    public sealed record GuestPanicked(PanicAction Action) : VmObservation;

    /// <summary>The watchdog fired.</summary>
    /// <param name="Action">What the spec says.</param>
    public sealed record WatchdogFired(WatchdogAction Action) : VmObservation;

    /// <summary>A shutdown or a quit did not get to its end and the guest runs on.</summary>
    /// <param name="CpusRun">Whether its CPUs run.</param>
    public sealed record StopAbandoned(bool CpusRun) : VmObservation;

    /// <summary>The agent began to look for this VM's process.</summary>
    /// <param name="Why">What is not known yet.</param>
    /// <param name="ProcessProven">Whether the process itself is proven.</param>
    public sealed record InDoubt(string Why, bool ProcessProven) : VmObservation;

    /// <summary>The process could not be proven or re-attached.</summary>
    /// <param name="Why">What is wrong.</param>
    /// <param name="ProcessProven">Whether the process itself is proven.</param>
    public sealed record NotAttachable(string Why, bool ProcessProven) : VmObservation;

    /// <summary>The process is proven and re-attached.</summary>
    /// <param name="CpusRun">Whether its CPUs run.</param>
    /// <param name="Cause">Why not, where they do not.</param>
    public sealed record Adopted(bool CpusRun, PauseCause Cause) : VmObservation;
}
