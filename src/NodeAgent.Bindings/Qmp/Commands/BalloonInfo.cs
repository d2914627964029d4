namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The balloon (QAPI <c>BalloonInfo</c>).</summary>
/// <param name="Actual">Memory that the guest has now, in bytes.</param>
public sealed record BalloonInfo(long Actual);

/// <summary>Arguments of <c>balloon</c>.</summary>
/// <param name="Value">Memory that the guest should have, in bytes.</param>
public sealed record BalloonArguments(long Value);
