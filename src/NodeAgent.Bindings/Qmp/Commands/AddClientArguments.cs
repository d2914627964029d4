namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>add_client</c>.</summary>
/// <param name="Protocol"><c>vnc</c>, <c>spice</c>, or a character device.</param>
/// <param name="Fdname">The descriptor's name; the command takes it away from the monitor.</param>
/// <param name="Skipauth">Whether the viewer is let in without the display's own password.</param>
public sealed record AddClientArguments(string Protocol, string Fdname, bool Skipauth);
