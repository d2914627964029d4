namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>How much memory the machine has (QAPI <c>MemoryInfo</c>).</summary>
/// <param name="BaseMemory">Memory present at the start, in bytes.</param>
/// <param name="PluggedMemory">Memory added later, in bytes; null where the machine cannot do so.</param>
public sealed record MemorySizeSummary(long BaseMemory, long? PluggedMemory = null);
