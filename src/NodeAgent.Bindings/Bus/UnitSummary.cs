namespace NodeAgent.Bindings.Bus;

/// <summary>A unit in a list.</summary>
/// <param name="Name">Name with its suffix.</param>
/// <param name="LoadState">As in <see cref="UnitStatus.LoadState"/>.</param>
/// <param name="ActiveState">As in <see cref="UnitStatus.ActiveState"/>.</param>
/// <param name="SubState">As in <see cref="UnitStatus.SubState"/>.</param>
public sealed record UnitSummary(string Name, string LoadState, string ActiveState, string SubState);
