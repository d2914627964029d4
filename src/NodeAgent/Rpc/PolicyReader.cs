using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Rpc;

/// <summary>Policies of the contract as those of the model.</summary>
internal sealed class PolicyReader(Violations violations)
{
    public PanicAction Panic(V1.PanicAction action) => action switch
    {
        V1.PanicAction.Unspecified or V1.PanicAction.Pause => PanicAction.Pause,
        V1.PanicAction.Stop => PanicAction.Stop,
        V1.PanicAction.Reset => PanicAction.Reset,
        _ => violations.Unknown("spec.on_panic", action, PanicAction.Pause),
    };

    public WatchdogAction? Watchdog(V1.WatchdogSpec? watchdog) => watchdog?.Action switch
    {
        null => null,
        V1.WatchdogAction.Unspecified or V1.WatchdogAction.Reset => WatchdogAction.Reset,
        V1.WatchdogAction.Pause => WatchdogAction.Pause,
        V1.WatchdogAction.Stop => WatchdogAction.Stop,
        V1.WatchdogAction.Nmi => WatchdogAction.Nmi,
        V1.WatchdogAction.None => WatchdogAction.None,
        _ => violations.Unknown<WatchdogAction?>("spec.watchdog.action", watchdog.Action, null),
    };

    public RestartPolicy Restart(V1.RestartPolicy? restart)
    {
        var defaults = new RestartPolicy();
        return restart is null ? defaults : new RestartPolicy
        {
            Mode = restart.Mode switch
            {
                V1.RestartMode.Unspecified or V1.RestartMode.Never => RestartMode.Never,
                V1.RestartMode.OnFailure => RestartMode.OnFailure,
                _ => violations.Unknown("spec.restart.mode", restart.Mode, RestartMode.Never),
            },
            MaxRestarts = restart.MaxRestarts == 0 ? defaults.MaxRestarts : restart.MaxRestarts,
            InitialBackoff = violations.Duration("spec.restart.initial_backoff", restart.InitialBackoff, defaults.InitialBackoff),
            MaxBackoff = violations.Duration("spec.restart.max_backoff", restart.MaxBackoff, defaults.MaxBackoff),
            ResetAfter = violations.Duration("spec.restart.reset_after", restart.ResetAfter, defaults.ResetAfter),
        };
    }

    public AutostartSpec? Autostart(V1.AutostartSpec? autostart) => autostart is { Enabled: true }
        ? new AutostartSpec(autostart.Order, violations.Duration("spec.autostart.delay", autostart.Delay, TimeSpan.Zero))
        : null;

    public ShutdownPolicy Shutdown(V1.ShutdownPolicy? shutdown)
    {
        var defaults = new ShutdownPolicy();
        return shutdown is null ? defaults : new ShutdownPolicy
        {
            Timeout = violations.Duration("spec.shutdown.timeout", shutdown.Timeout, defaults.Timeout),
            Fallback = Fallback("spec.shutdown.fallback", shutdown.Fallback) ?? defaults.Fallback,
        };
    }

    // In the contract zero is "not set"; everything else, negative numbers too, is for validation to judge.
    public static ResourceSpec Resources(V1.ResourceSpec? resources) => new()
    {
        CpuWeight = resources is { CpuWeight: not 0 } ? resources.CpuWeight : null,
        CpuQuotaPercent = resources is { CpuQuotaPercent: not 0 } ? resources.CpuQuotaPercent : null,
        IoWeight = resources is { IoWeight: not 0 } ? resources.IoWeight : null,
        MemoryMaxBytes = resources is { MemoryMaxBytes: not 0 } ? resources.MemoryMaxBytes : null,
    };

    /// <summary>What comes when a guest does not shut down; <c>null</c> where it is left open.</summary>
    public ShutdownFallback? Fallback(string field, V1.ShutdownFallback fallback) => fallback switch
    {
        V1.ShutdownFallback.Unspecified => null,
        V1.ShutdownFallback.LeaveRunning => ShutdownFallback.LeaveRunning,
        V1.ShutdownFallback.ForceStop => ShutdownFallback.ForceStop,
        _ => violations.Unknown<ShutdownFallback?>(field, fallback, null),
    };
}
