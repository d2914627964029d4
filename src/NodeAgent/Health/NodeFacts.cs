using NodeAgent.Hypervisor.Host;

namespace NodeAgent.Health;

/// <summary>What is known of this node. Immutable; looking again makes a new one.</summary>
/// <param name="Host">The host.</param>
/// <param name="Kvm">Its KVM; <c>null</c> while that is being found out.</param>
/// <param name="Time">When the host was read.</param>
internal sealed record NodeFacts(HostFacts Host, KvmFacts? Kvm, DateTimeOffset Time)
{
    /// <summary>Whether everything has been asked.</summary>
    public bool IsComplete => Kvm is not null;
}
