using NodeAgent.Bindings.Qmp;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>How long a monitor is waited for.</summary>
public sealed record MonitorOptions
{
    /// <summary>Longest wait for the greeting after QEMU was started.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for the answer to a command.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for a sample.</summary>
    public TimeSpan SampleTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>First wait before a lost connection is made anew; doubled each time.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest such wait.</summary>
    public TimeSpan LastRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Called after each command with its name, its result ("answered", "refused", "silent") and its duration; must return at once.</summary>
    public Action<string, string, TimeSpan>? OnCommand { get; init; }

    /// <summary>Limits of one connection.</summary>
    internal QmpLimits Limits => QmpLimits.Default with { OpenTimeout = OpenTimeout };
}
