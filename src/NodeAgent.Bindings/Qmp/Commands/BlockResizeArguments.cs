namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>Arguments of <c>block_resize</c>.</summary>
/// <param name="NodeName">The block node.</param>
/// <param name="Size">The new size that the guest sees, in bytes.</param>
public sealed record BlockResizeArguments(string NodeName, long Size);
