namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>A machine type that the binary offers (QAPI <c>MachineInfo</c>).</summary>
/// <param name="Name">Its versioned name, such as <c>pc-q35-7.2</c>.</param>
/// <param name="CpuMax">Most vCPUs.</param>
/// <param name="HotpluggableCpus">Whether vCPUs can be added while it runs.</param>
/// <param name="Deprecated">Whether it is going to be removed.</param>
/// <param name="Alias">The name without version, such as <c>q35</c>, on the newest of its kind.</param>
/// <param name="IsDefault">True on the one that is used when none is named.</param>
/// <param name="DefaultCpuType">The type of CPU used when none is named.</param>
/// <param name="DefaultRamId">Id of its main memory, for a memory backend of one's own.</param>
public sealed record MachineInfo(
    string Name,
    int CpuMax,
    bool HotpluggableCpus,
    bool Deprecated,
    string? Alias = null,
    bool IsDefault = false,
    string? DefaultCpuType = null,
    string? DefaultRamId = null);
