namespace NodeAgent.Bindings.Kvm;

/// <summary>Why KVM gave up on a guest (<c>KVM_INTERNAL_ERROR_*</c>).</summary>
public enum KvmInternalError
{
    /// <summary>No internal error happened.</summary>
    None = 0,

    /// <summary>An instruction had to be emulated, and KVM's emulator does not know it.</summary>
    Emulation = 1,

    /// <summary>An exception came while another was delivered, in a way that KVM cannot handle.</summary>
    SimultaneousException = 2,

    /// <summary>A guest exit interrupted the delivery of an event.</summary>
    DeliveryEvent = 3,

    /// <summary>The processor left the guest for a reason that KVM does not know.</summary>
    UnexpectedExit = 4,
}
