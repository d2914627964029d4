using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Host;

/// <summary>How much the host's tasks wait for what they need; null where the kernel does not measure it.</summary>
/// <param name="Cpu">For a processor.</param>
/// <param name="Memory">For memory.</param>
/// <param name="Io">For storage.</param>
public sealed record PressureFacts(PressureInfo? Cpu, PressureInfo? Memory, PressureInfo? Io);
