namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>A CPU model that the binary knows (QAPI <c>CpuDefinitionInfo</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Typename">Its type in the object tree.</param>
/// <param name="Static">Whether it is the same under every accelerator, host and machine version.</param>
/// <param name="Deprecated">Whether it is going to be removed.</param>
/// <param name="MigrationSafe">Whether it can migrate between hosts; null when that cannot be told.</param>
/// <param name="UnavailableFeatures">What this host lacks for it: empty when it runs, null when that cannot be told.</param>
/// <param name="AliasOf">The versioned model that this name stands for.</param>
public sealed record CpuDefinition(
    string Name,
    string Typename,
    bool Static,
    bool Deprecated,
    bool? MigrationSafe = null,
    IReadOnlyList<string>? UnavailableFeatures = null,
    string? AliasOf = null);
