using NodeAgent.Bindings.Linux;

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
        using var log = AppendFile.Open(request.LogPath);
        var handle = ChildProcess.Start(new ChildProcessOptions
        {
            Path = request.Binary,
            Arguments = request.Arguments,
            Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
            Output = log,
            Descriptors = request.Descriptors,
        });

        // A process that ended already is a zombie until its handle reaps it, so its start time is still there.
        var start = ProcStat.Read(handle.Pid)?.StartTicks ?? 0;
        return Task.FromResult(new QemuProcess(handle, new ProcessIdentity(handle.Pid, start, bootId)));
    }
}
