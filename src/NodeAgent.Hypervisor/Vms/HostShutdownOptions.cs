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
}
