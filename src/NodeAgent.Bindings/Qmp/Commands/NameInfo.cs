namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The guest's name (QAPI <c>NameInfo</c>).</summary>
/// <param name="Name">What <c>-name</c> said; null without it.</param>
public sealed record NameInfo(string? Name = null);
