namespace NodeAgent.Hypervisor.Vms;

/// <summary>How guests are shut down before the host goes down.</summary>
public sealed record HostShutdownOptions
{
    /// <summary>How long all of it may take; never longer than logind waits (its InhibitDelayMaxSec).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most that a guest is given, also where its spec gives it more.</summary>
    public TimeSpan GuestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many guests are shut down at the same time.</summary>
    public int Parallel { get; init; } = 10;

    /// <summary>What becomes of a guest that does not shut down in its time.</summary>
    public HostShutdownFallback Fallback { get; init; } = HostShutdownFallback.Force;
}

/// <summary>What becomes of a guest that does not shut down before the host.</summary>
public enum HostShutdownFallback
{
    /// <summary>QEMU is told to flush and leave, and killed if it does not.</summary>
    Force,

    /// <summary>Its state is saved to disk, and it goes on after the boot; if that does not succeed, as <see cref="Force"/>.</summary>
    Suspend,
}
