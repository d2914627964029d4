namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>What the self-test says of this host's KVM.</summary>
public enum KvmSelfTestVerdict
{
    /// <summary>Guests of all modes ran right, and 64-bit kernel code runs at the processor's own speed.</summary>
    Fit,

    /// <summary>
    /// Guests run, but KVM emulates their kernel code one instruction at a time: unfit for 64-bit guests.
    /// </summary>
    EmulatedOnly,

    /// <summary>A guest did not run as it should.</summary>
    Failed,
}
