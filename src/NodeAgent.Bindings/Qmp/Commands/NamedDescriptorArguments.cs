namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>getfd</c> and <c>closefd</c>.</summary>
/// <param name="Fdname">Name under which QEMU keeps the file descriptor.</param>
public sealed record NamedDescriptorArguments(string Fdname);
