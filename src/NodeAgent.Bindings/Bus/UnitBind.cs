namespace NodeAgent.Bindings.Bus;

/// <summary>A path of the host that a unit sees (BindPaths, BindReadOnlyPaths).</summary>
/// <param name="Source">On the host.</param>
/// <param name="Target">In the unit.</param>
public sealed record UnitBind(string Source, string Target)
{
    /// <summary>No error if the source is not there.</summary>
    public bool IgnoreMissing { get; init; }

    /// <summary>With what is mounted below.</summary>
    public bool Recursive { get; init; } = true;
}
