namespace NodeAgent.Bindings.Kvm;

/// <summary>Why a vCPU stopped (<c>KVM_EXIT_*</c>), as far as a guest without devices can cause it.</summary>
public enum KvmExitReason
{
    /// <summary>The kernel could not tell.</summary>
    Unknown = 0,

    /// <summary>The guest raised an exception that KVM does not handle.</summary>
    Exception = 1,

    /// <summary>The guest read or wrote an I/O port.</summary>
    Io = 2,

    /// <summary>The guest executed HLT.</summary>
    Hlt = 5,

    /// <summary>The guest touched an address at which it has no memory.</summary>
    Mmio = 6,

    /// <summary>The guest faulted three times in a row, or shut down.</summary>
    Shutdown = 8,

    /// <summary>The processor refused to enter the guest.</summary>
    FailEntry = 9,

    /// <summary>A signal interrupted the run.</summary>
    Interrupted = 10,

    /// <summary>KVM itself gave up, see <see cref="KvmInternalError"/>.</summary>
    InternalError = 17,
}
