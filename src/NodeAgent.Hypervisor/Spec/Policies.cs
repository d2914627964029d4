namespace NodeAgent.Hypervisor.Spec;

/// <summary>What happens after QEMU died by itself; a stop that was asked for is never followed by a restart.</summary>
public sealed record RestartPolicy
{
    /// <summary>Whether to start it again.</summary>
    public RestartMode Mode { get; init; } = RestartMode.Never;

    /// <summary>Give up after so many restarts in a row; 1 or more.</summary>
    public int MaxRestarts { get; init; } = 5;

    /// <summary>The first wait, doubled each time; 100 ms or more.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A guest that ran this long starts the count anew.</summary>
    public TimeSpan ResetAfter { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>Start with the host.</summary>
/// <param name="Order">Lower starts earlier; VMs of the same order start together.</param>
/// <param name="Delay">Wait this long before this VM is started, counted from its order's turn.</param>
public sealed record AutostartSpec(int Order = 0, TimeSpan Delay = default);

/// <summary>How a shutdown is carried out.</summary>
public sealed record ShutdownPolicy
{
    /// <summary>How long the guest may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>What comes then.</summary>
    public ShutdownFallback Fallback { get; init; } = ShutdownFallback.LeaveRunning;
}
