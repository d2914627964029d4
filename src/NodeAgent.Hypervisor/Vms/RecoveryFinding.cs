using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What recovery found of a VM's process.</summary>
internal abstract record RecoveryFinding
{
    private RecoveryFinding()
    {
    }

    /// <summary>There was no process to look for; only the operation that was interrupted is to be settled.</summary>
    public sealed record Untouched : RecoveryFinding;

    /// <summary>The process is proven gone.</summary>
    public sealed record Gone(VmExit Exit) : RecoveryFinding;

    /// <summary>The process is proven and answers.</summary>
    public sealed record Attached(LiveQemu Live, Resync State) : RecoveryFinding;

    /// <summary>The process is proven and does not answer yet; recovery goes on trying.</summary>
    public sealed record Silent(LiveQemu Live, string Why) : RecoveryFinding;

    /// <summary>A process is there that is not proven, or that cannot be re-attached.</summary>
    public sealed record Untouchable(LiveQemu? Live, string Why) : RecoveryFinding;
}
