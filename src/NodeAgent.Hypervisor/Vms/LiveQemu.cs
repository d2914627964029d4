using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Everything the agent holds of one QEMU that runs. Letting go of it leaves QEMU as it is.</summary>
/// <param name="Run">What is on record of it.</param>
/// <param name="Process">The process.</param>
/// <param name="Monitor">The lines into it; <c>null</c> where they could not be had.</param>
/// <param name="Directory">Its sockets and its log.</param>
internal sealed record LiveQemu(VmRun Run, QemuProcess Process, QemuMonitor? Monitor, RunDirectory Directory)
{
    /// <summary>Closes the agent's ends.</summary>
    public async Task ReleaseAsync()
    {
        if (Monitor is not null)
        {
            await Monitor.DisposeAsync();
        }

        Process.Dispose();
    }

    /// <summary>Waits until the process has ended and everything it said before that has been passed on.</summary>
    public async Task<ProcessExit> EndedAsync()
    {
        var exit = await Process.Exited;
        if (Monitor is not null)
        {
            // The kernel closes a process's sockets before it can be waited for, so the rest is there to be read.
            await Task.WhenAny(Monitor.EventsDrained, Task.Delay(TimeSpan.FromMilliseconds(200)));
        }

        return exit;
    }
}
