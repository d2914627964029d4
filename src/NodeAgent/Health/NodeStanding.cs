using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Units;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Health;

/// <summary>How the floor below stands right now.</summary>
/// <param name="Ledger">How the ledger fares.</param>
/// <param name="Damage">What was wrong with it when it was opened; <c>null</c> when nothing was.</param>
/// <param name="Gate">Whether VMs may be started.</param>
internal sealed record NodeStanding(LedgerHealth Ledger, LedgerDamage? Damage, StartGate Gate)
{
    /// <summary>Whether guests' users can open KVM's device; <c>null</c> where QEMU runs with the agent's own rights.</summary>
    public DeviceAccess? KvmAccess { get; init; }

    /// <summary>Whether VMs are simulated.</summary>
    public bool IsSimulated { get; init; }

    /// <summary>What a shutdown of the host would be like; <c>null</c> where nobody watches for one.</summary>
    public ShutdownOutlook? Shutdown { get; init; }

    /// <summary>How long the guests may take then.</summary>
    public TimeSpan ShutdownTimeout { get; init; }
}
