using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>
/// Starts nothing: at the other end of a VM's sockets is a part of this very agent that speaks QMP and pretends. All that is
/// above a launcher is real. Its guests end with the agent, because the simulated host boots with it.
/// </summary>
/// <param name="bootId">The boot of the simulated host: another one at each start of the agent.</param>
/// <param name="time">The clock.</param>
public sealed class SimulatedLauncher(string bootId, TimeProvider time) : IQemuLauncher
{
    // No process has this number, so nothing that is read or signalled by it can concern one.
    private const int NoPid = 0;

    private long _launched;

    /// <inheritdoc/>
    public string Name => "simulated";

    /// <inheritdoc/>
    public Task<QemuProcess> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var guest = new SimulatedGuest(request.VmId, request.Boot, new SimulatedFigures(request.VmId, request.Spec), time);
        try
        {
            // The agent is at the door already, see StartChannels: nobody waits here.
            guest.Serve(new SimulatedMonitor(UnixListener.Accept(request.Descriptors[0]), guest));
            guest.Serve(new SimulatedMonitor(UnixListener.Accept(request.Descriptors[1]), guest));
            if (request.Spec.Console is not null)
            {
                guest.Serve(new SimulatedConsole(UnixListener.Accept(request.Descriptors[2]), request.Name));
            }
        }
        catch (IOException)
        {
            guest.End(ProcessExit.Unknown);
            throw;
        }

        return Task.FromResult<QemuProcess>(new SimulatedProcess(
            guest, new ProcessIdentity(NoPid, Interlocked.Increment(ref _launched), bootId)));
    }

    /// <inheritdoc/>
    public QemuProcess? TryAttach(ProcessIdentity identity, string name, Guid id, RunDirectory directory) => null;

    /// <inheritdoc/>
    public Task LimitAsync(ProcessIdentity process, VmSpec spec, Accelerator accelerator, CancellationToken cancellationToken) => Task.CompletedTask;
}
