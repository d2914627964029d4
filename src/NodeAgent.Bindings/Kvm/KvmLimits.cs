namespace NodeAgent.Bindings.Kvm;

/// <summary>
/// How large a VM KVM allows here. A limit that this kernel does not tell is what the kernel's document says to assume.
/// </summary>
/// <param name="RecommendedVcpus">vCPUs per VM that the kernel recommends at most (<c>KVM_CAP_NR_VCPUS</c>, else
/// 4).</param>
/// <param name="MaxVcpus">vCPUs per VM at most (<c>KVM_CAP_MAX_VCPUS</c>, else the recommended number).</param>
/// <param name="MaxVcpuId">One more than the highest vCPU id (<c>KVM_CAP_MAX_VCPU_ID</c>, else the maximum of
/// vCPUs).</param>
/// <param name="MemorySlots">Memory slots per VM (<c>KVM_CAP_NR_MEMSLOTS</c>).</param>
/// <param name="NestedStateBytes">Bytes of nested state of a vCPU (<c>KVM_CAP_NESTED_STATE</c>); 0: guests cannot run
/// guests, or can't be migrated with theirs.</param>
public sealed record KvmLimits(
    int RecommendedVcpus, int MaxVcpus, int MaxVcpuId, int MemorySlots, int NestedStateBytes);
