namespace NodeAgent.Hypervisor.Spec;

/// <summary>How many devices a machine has places for; the places themselves are fixed, so that no device ever moves.</summary>
public static class DeviceLimits
{
    /// <summary>Most disks.</summary>
    public const int Disks = 16;

    /// <summary>Most network interfaces of a machine with PCI.</summary>
    public const int NetworkInterfaces = 8;

    /// <summary>Most network interfaces of a microvm: 24 virtio-mmio places less 16 disks and the rng.</summary>
    public const int MicrovmNetworkInterfaces = 7;

    /// <summary>
    /// Longest name of a disk or network interface. QEMU cuts a block node's name at 31 characters, and the nodes of
    /// a disk are named after it.
    /// </summary>
    public const int NameLength = 24;
}
