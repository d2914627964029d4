namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>A command that the binary knows (QAPI <c>CommandInfo</c>).</summary>
/// <param name="Name">Its name.</param>
public sealed record CommandName(string Name);
