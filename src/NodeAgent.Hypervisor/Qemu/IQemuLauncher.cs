using System.Runtime.InteropServices;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What a launcher starts.</summary>
public sealed record LaunchRequest
{
    /// <summary>The VM.</summary>
    public required Guid VmId { get; init; }

    /// <summary>Its name, for people who look at the host.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of QEMU.</summary>
    public required string Binary { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Descriptors that it finds as 3, 4, 5, …</summary>
    public required IReadOnlyList<SafeHandle> Descriptors { get; init; }

    /// <summary>File that its standard output and error are appended to.</summary>
    public required string LogPath { get; init; }
}

/// <summary>
/// Starts QEMU so that it outlives the agent. The direct launcher does it with a detached process; on a host with
/// systemd, a transient unit does. Nothing above can tell which.
/// </summary>
public interface IQemuLauncher
{
    /// <summary>"direct" or "systemd".</summary>
    string Name { get; }

    /// <summary>Starts it. Returns when QEMU's program has been executed, not when it answers.</summary>
    /// <exception cref="Bindings.Linux.LinuxException">It could not be started; nothing is left behind.</exception>
    Task<QemuProcess> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken);
}
