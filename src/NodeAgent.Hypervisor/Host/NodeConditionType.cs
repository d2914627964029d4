namespace NodeAgent.Hypervisor.Host;

/// <summary>
/// What conditions a node has. Each is always reported, and true when all is well. The list is closed.
/// </summary>
public static class NodeConditionType
{
    /// <summary>KVM can run 64-bit guests here.</summary>
    public const string KvmReady = "KvmReady";

    /// <summary>Guests can run guests.</summary>
    public const string NestedVirtualization = "NestedVirtualization";

    /// <summary>Devices can be handed to guests.</summary>
    public const string IommuEnabled = "IommuEnabled";

    /// <summary>Huge pages have been set aside.</summary>
    public const string HugepagesReserved = "HugepagesReserved";

    /// <summary>The kernel measures what tasks wait for.</summary>
    public const string PressureReported = "PressureReported";

    /// <summary>The machine has an id of its own that lasts.</summary>
    public const string MachineIdentified = "MachineIdentified";

    /// <summary>All of them, in the order in which they are reported.</summary>
    public static IReadOnlyList<string> All { get; } =
        [KvmReady, NestedVirtualization, IommuEnabled, HugepagesReserved, PressureReported, MachineIdentified];
}
