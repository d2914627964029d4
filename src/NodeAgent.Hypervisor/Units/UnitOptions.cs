namespace NodeAgent.Hypervisor.Units;

/// <summary>What the units of all VMs have in common.</summary>
public sealed record UnitOptions
{
    /// <summary>Absolute path of <c>nodeagent-vm</c>.</summary>
    public required string Program { get; init; }

    /// <summary>The host's boot id.</summary>
    public required string BootId { get; init; }

    /// <summary>Tells the directories that no QEMU may look into: images, state, sockets.</summary>
    public required Func<IReadOnlyList<string>> Hidden { get; init; }
}
