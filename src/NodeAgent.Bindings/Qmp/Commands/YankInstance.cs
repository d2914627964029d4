namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>yank</c>: connections to cut, to free a QEMU that hangs in them.</summary>
/// <param name="Instances">What to cut.</param>
public sealed record YankArguments(IReadOnlyList<YankInstance> Instances);

/// <summary>Something with a connection that can be cut (QAPI <c>YankInstance</c>).</summary>
/// <param name="Type"><c>block-node</c>, <c>chardev</c> or <c>migration</c>.</param>
/// <param name="NodeName">The block node, for <c>block-node</c>.</param>
/// <param name="Id">The character device, for <c>chardev</c>.</param>
public sealed record YankInstance(string Type, string? NodeName = null, string? Id = null);
