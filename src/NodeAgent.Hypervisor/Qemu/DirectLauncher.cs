using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>Starts QEMU as a detached process: for hosts without systemd, containers and a developer's shell.</summary>
/// <param name="bootId">The host's boot id.</param>
public sealed class DirectLauncher(string bootId) : IQemuLauncher
{
    /// <inheritdoc/>
    public string Name => "direct";

    /// <inheritdoc/>
    public Task<QemuProcess> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();

        // Appending, so that the file can be cut short under a QEMU that writes without end.
        using var log = AppendFile.Open(request.Directory.Log);
        var handle = ChildProcess.Start(new ChildProcessOptions
        {
            Path = request.Boot.QemuBinary,
            Arguments = request.Boot.Arguments,
            Environment = LaunchRequest.Environment,
            Output = log,
            Descriptors = request.Descriptors,
        });

        // A process that ended already is a zombie until its handle reaps it, so its start time is still there.
        var start = ProcStat.Read(handle.Pid)?.StartTicks ?? 0;
        return Task.FromResult<QemuProcess>(new HostProcess(handle, new ProcessIdentity(handle.Pid, start, bootId)));
    }

    /// <inheritdoc/>
    public QemuProcess? TryAttach(ProcessIdentity identity, string name, Guid id, RunDirectory directory) => HostProcess.TryAttach(identity);

    /// <inheritdoc/>
    public Task LimitAsync(ProcessIdentity process, VmSpec spec, Accelerator accelerator, CancellationToken cancellationToken) => Task.CompletedTask;
}
