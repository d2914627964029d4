namespace NodeAgent.Hypervisor.Devices;

/// <summary>
/// A file that the agent opens for QEMU: QEMU has no right to any file, and gets those of its VM, and no others, as
/// descriptors. QEMU knows it as <c>/dev/fdset/SET</c>.
/// </summary>
/// <param name="Set">Number of QEMU's descriptor set that holds it.</param>
/// <param name="Descriptor">Number of the descriptor that QEMU finds it at.</param>
/// <param name="Path">The real path: absolute, without symbolic links.</param>
/// <param name="Writable">Whether QEMU may write to it.</param>
public sealed record BootFile(int Set, int Descriptor, string Path, bool Writable);
