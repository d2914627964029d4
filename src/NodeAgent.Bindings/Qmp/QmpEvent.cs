namespace NodeAgent.Bindings.Qmp;

/// <summary>
/// An event as it arrived. It may come before the reply of the command that caused it: QEMU sends SHUTDOWN before it
/// answers <c>quit</c>.
/// </summary>
/// <param name="Name">The name in QAPI, for instance <c>SHUTDOWN</c>.</param>
/// <param name="Timestamp">QEMU's wall clock; null when QEMU could not read it.</param>
/// <param name="Data">The <c>data</c> member as JSON text; empty when there was none.</param>
public sealed record QmpEvent(string Name, DateTimeOffset? Timestamp, ReadOnlyMemory<byte> Data);
