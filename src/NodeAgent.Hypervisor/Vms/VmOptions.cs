using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>Where VMs live and how long their steps may take.</summary>
public sealed record VmOptions
{
    /// <summary>The agent's run directory: sockets of running VMs.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The agent's state directory: what outlives the guests.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>How long a monitor is waited for.</summary>
    public MonitorOptions Monitor { get; init; } = new();

    /// <summary>How long a QEMU that was asked to leave may flush its disks before it is killed, after its guest has ended.</summary>
    public TimeSpan ClearAwayTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an orderly stop waits for QEMU to leave.</summary>
    public TimeSpan QuitTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long recovery waits for a monitor before it says that it is silent.</summary>
    public TimeSpan AdoptTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the opening of a VM's files may take.</summary>
    public TimeSpan StorageTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How guests go down before the host does.</summary>
    public HostShutdownOptions HostShutdown { get; init; } = new();

    /// <summary>Most VMs that this node records.</summary>
    public int MaxVms { get; init; } = 1000;

    /// <summary>Directory of a VM's own files: its console history.</summary>
    public string VmStateDirectory(Guid id) => Path.Combine(StateDirectory, "vms", id.ToString("D"));
}
