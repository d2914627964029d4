namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>set_link</c>.</summary>
/// <param name="Name">Id of the network device or of its backend.</param>
/// <param name="Up">Whether the cable is plugged in.</param>
public sealed record SetLinkArguments(string Name, bool Up);
