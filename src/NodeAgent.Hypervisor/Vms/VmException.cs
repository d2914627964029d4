using System.Collections.Immutable;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Something that was asked of a VM and could not be done.</summary>
public sealed class VmException : Exception
{
    /// <summary>Creates it.</summary>
    public VmException(VmErrorReason reason, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
    }

    /// <summary>Why.</summary>
    public VmErrorReason Reason { get; }

    /// <summary>What is wrong with the request, for <see cref="VmErrorReason.InvalidSpec"/>.</summary>
    public ImmutableArray<FieldViolation> Violations { get; init; } = [];
}

/// <summary>Why something could not be done: each reason has one row in docs/errors.md and one gRPC code.</summary>
public enum VmErrorReason
{
    /// <summary>The request or the spec is wrong; the violations name the fields.</summary>
    InvalidSpec,

    /// <summary>No VM has this id or name.</summary>
    NotFound,

    /// <summary>Another VM has this id or name.</summary>
    AlreadyExists,

    /// <summary>The VM was changed since the caller read it.</summary>
    EtagMismatch,

    /// <summary>The same request_id came with another request.</summary>
    RequestIdReused,

    /// <summary>The guest does not run.</summary>
    NotRunning,

    /// <summary>The VM is not stopped.</summary>
    NotStopped,

    /// <summary>The guest's CPUs stand still, so it cannot react.</summary>
    GuestPaused,

    /// <summary>The guest has panicked and can only be reset or stopped.</summary>
    GuestPanicked,

    /// <summary>Other work on this VM is under way.</summary>
    OperationInProgress,

    /// <summary>The agent does not know yet whether the process lives.</summary>
    StateUnknown,

    /// <summary>The process cannot be proven to be this VM's and is not touched.</summary>
    Quarantined,

    /// <summary>The VM has no such device.</summary>
    NoSuchDevice,

    /// <summary>This host cannot run it: accelerator, machine, CPU model.</summary>
    HostUnfit,

    /// <summary>There is no working QEMU on this host.</summary>
    QemuUnavailable,

    /// <summary>The file system of the VM's files does not answer.</summary>
    StorageSilent,

    /// <summary>A start step failed; everything done before was undone.</summary>
    StartFailed,

    /// <summary>QEMU answered with an error.</summary>
    QemuRefused,

    /// <summary>QEMU did not answer in time.</summary>
    QemuSilent,

    /// <summary>QEMU crashed, was killed or was stopped by the host before the work was done.</summary>
    QemuEnded,

    /// <summary>The guest's state could not be saved; it goes on as before.</summary>
    SuspendFailed,

    /// <summary>The saved state cannot be gone on from: it does not load, or a disk is not as the guest left it. It is kept.</summary>
    SavedStateUnusable,

    /// <summary>The guest did not shut down in time and runs on.</summary>
    ShutdownTimedOut,

    /// <summary>The work was cancelled, by request or by a force-stop.</summary>
    Cancelled,

    /// <summary>The agent ended before the work did, and it could not be taken up again.</summary>
    Interrupted,

    /// <summary>The node records as many VMs as it may.</summary>
    TooManyVms,

    /// <summary>The node is in maintenance and starts nothing.</summary>
    NodeInMaintenance,

    /// <summary>The host is being shut down and starts nothing.</summary>
    HostGoingDown,

    /// <summary>The VM has more waiting requests than it takes.</summary>
    Overloaded,
}
