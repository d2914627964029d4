namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>The local display (QAPI <c>DisplayOptions</c>).</summary>
/// <param name="Type">Its kind, such as <c>none</c>.</param>
public sealed record DisplayOptions(string Type);
