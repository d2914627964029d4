using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>The QEMU that a simulated guest would have.</summary>
internal sealed class SimulatedProcess(SimulatedGuest guest, ProcessIdentity identity) : QemuProcess
{
    public override ProcessIdentity Identity => identity;

    public override Task<ProcessExit> Exited => guest.Ended;

    public override void Kill() => guest.End(new ProcessExit(null, PidFd.Kill, false));

    public override ProcUsage? ReadUsage(int? threadId = null) => guest.Ended.IsCompleted ? null : guest.Figures.Usage(guest.Ran, threadId);

    protected override void Dispose(bool disposing)
    {
        // Nothing is held: the guest ends by itself, or with the agent.
    }
}
