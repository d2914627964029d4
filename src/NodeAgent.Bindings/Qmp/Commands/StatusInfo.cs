namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The machine's state (QAPI <c>StatusInfo</c>).</summary>
/// <param name="Status">The state.</param>
/// <param name="Running">Whether the vCPUs run.</param>
public sealed record StatusInfo(RunState Status, bool Running);
