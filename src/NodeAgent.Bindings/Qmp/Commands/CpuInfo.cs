namespace NodeAgent.Bindings.Qmp.Commands;

/// <summary>A vCPU (QAPI <c>CpuInfoFast</c>), reported without disturbing the guest.</summary>
/// <param name="CpuIndex">Its number.</param>
/// <param name="QomPath">Its place in the object tree.</param>
/// <param name="ThreadId">The host thread that runs it.</param>
/// <param name="Target">The architecture, such as <c>x86_64</c>.</param>
/// <param name="Props">Its place in the topology; null when the machine has none.</param>
public sealed record CpuInfo(int CpuIndex, string QomPath, int ThreadId, string Target, CpuPlace? Props = null);

/// <summary>A vCPU's place in the topology (QAPI <c>CpuInstanceProperties</c>); levels that a machine lacks are null.</summary>
/// <param name="NodeId">NUMA node.</param>
/// <param name="SocketId">Socket.</param>
/// <param name="DieId">Die in the socket.</param>
/// <param name="CoreId">Core in the die.</param>
/// <param name="ThreadId">Thread in the core.</param>
public sealed record CpuPlace(
    long? NodeId = null, long? SocketId = null, long? DieId = null, long? CoreId = null, long? ThreadId = null);
