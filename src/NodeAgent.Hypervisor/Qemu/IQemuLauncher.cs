using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// Starts QEMU so that it outlives the agent. The direct launcher does it with a detached process; on a host with
/// systemd, a transient unit does. Nothing above can tell which.
/// </summary>
public interface IQemuLauncher
{
    /// <summary>"direct" or "systemd".</summary>
    string Name { get; }

    /// <summary>Starts it. Returns when QEMU's program has been executed, not when it answers.</summary>
    /// <exception cref="IOException">It could not be started; nothing is left behind.</exception>
    Task<QemuProcess> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken);

    /// <summary>Opens the process of an identity that an earlier agent started; <c>null</c> when it is gone.</summary>
    /// <param name="identity">What the process is known by.</param>
    /// <param name="name">The VM's name.</param>
    /// <param name="id">The VM.</param>
    /// <param name="directory">The VM's run directory.</param>
    QemuProcess? TryAttach(ProcessIdentity identity, string name, Guid id, RunDirectory directory);

    /// <summary>Puts the limits of a spec in force for a VM that runs; does nothing where nobody limits it.</summary>
    /// <exception cref="IOException">They could not be changed; the old ones are in force.</exception>
    Task LimitAsync(ProcessIdentity process, VmSpec spec, Accelerator accelerator, CancellationToken cancellationToken);
}
