namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>migrate-set-parameters</c>; what is null is left as it is.</summary>
/// <param name="MaxBandwidth">Most bytes a second.</param>
public sealed record MigrationParameters(long? MaxBandwidth = null);
