namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>migrate-set-capabilities</c>.</summary>
/// <param name="Capabilities">Those to be changed.</param>
public sealed record MigrationCapabilities(IReadOnlyList<MigrationCapability> Capabilities);

/// <summary>A capability of migration (QAPI <c>MigrationCapabilityStatus</c>).</summary>
/// <param name="Capability">Its name, such as <c>events</c>.</param>
/// <param name="State">On or off.</param>
public sealed record MigrationCapability(string Capability, bool State);
