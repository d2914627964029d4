namespace NodeAgent.Hypervisor.Spec;

/// <summary>Choices, times and counts.</summary>
internal static class PolicyRules
{
    private const int MaxRestarts = 1000;
    private const int MinHistory = 4 * 1024;
    private const int MaxHistory = 16 * 1024 * 1024;

    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static void Check(VmSpec spec, ViolationList violations)
    {
        CheckChoices(spec, violations);
        violations.Unless(
            spec.Console is null or { HistoryBytes: >= MinHistory and <= MaxHistory },
            "spec.console.history_bytes",
            $"{spec.Console?.HistoryBytes} is not possible; give {MinHistory} to {MaxHistory}");
        violations.Unless(
            IsBetween(spec.Shutdown.Timeout, TimeSpan.FromSeconds(1), Longest),
            "spec.shutdown.timeout",
            $"{spec.Shutdown.Timeout} is not possible; give 1 second to 1 day");
        violations.Unless(
            spec.Autostart is null || IsBetween(spec.Autostart.Delay, TimeSpan.Zero, Longest),
            "spec.autostart.delay",
            $"{spec.Autostart?.Delay} is not possible; give 0 to 1 day");
        CheckRestart(spec.Restart, violations);
        CheckResources(spec, violations);
    }

    private static void CheckChoices(VmSpec spec, ViolationList violations)
    {
        const string Unknown = "is not known to this agent; take one of the contract's values, or update the agent";
        violations.Unless(Enum.IsDefined(spec.Accelerator), "spec.accelerator", Unknown);
        violations.Unless(Enum.IsDefined(spec.Firmware), "spec.firmware", Unknown);
        violations.Unless(Enum.IsDefined(spec.OnPanic), "spec.on_panic", Unknown);
        violations.Unless(spec.Watchdog is null || Enum.IsDefined(spec.Watchdog.Value), "spec.watchdog.action", Unknown);
        violations.Unless(Enum.IsDefined(spec.Restart.Mode), "spec.restart.mode", Unknown);
        violations.Unless(Enum.IsDefined(spec.Shutdown.Fallback), "spec.shutdown.fallback", Unknown);
    }

    private static void CheckRestart(RestartPolicy restart, ViolationList violations)
    {
        violations.Unless(
            restart.MaxRestarts is >= 1 and <= MaxRestarts,
            "spec.restart.max_restarts",
            $"{restart.MaxRestarts} is not possible; give 1 to {MaxRestarts}");
        violations.Unless(
            IsBetween(restart.InitialBackoff, ShortestBackoff, Longest),
            "spec.restart.initial_backoff",
            $"{restart.InitialBackoff} is not possible; give 100 ms to 1 day");
        violations.Unless(
            IsBetween(restart.MaxBackoff, ShortestBackoff, Longest) && restart.MaxBackoff >= restart.InitialBackoff,
            "spec.restart.max_backoff",
            $"{restart.MaxBackoff} is not possible; give spec.restart.initial_backoff to 1 day");
        violations.Unless(
            IsBetween(restart.ResetAfter, TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
            "spec.restart.reset_after",
            $"{restart.ResetAfter} is not possible; give 1 second to 30 days");
    }

    private static void CheckResources(VmSpec spec, ViolationList violations)
    {
        const int MaxWeight = 10_000, MaxQuota = 102_400;
        var resources = spec.Resources;
        violations.Unless(
            resources.CpuWeight is null or (>= 1 and <= MaxWeight),
            "spec.resources.cpu_weight",
            $"{resources.CpuWeight} is not possible; give 1 to {MaxWeight}");
        violations.Unless(
            resources.IoWeight is null or (>= 1 and <= MaxWeight),
            "spec.resources.io_weight",
            $"{resources.IoWeight} is not possible; give 1 to {MaxWeight}");
        violations.Unless(
            resources.CpuQuotaPercent is null or (>= 1 and <= MaxQuota),
            "spec.resources.cpu_quota_percent",
            $"{resources.CpuQuotaPercent} is not possible; give 1 to {MaxQuota}, 100 for each processor");
        violations.Unless(
            resources.MemoryMaxBytes is null || resources.MemoryMaxBytes - QemuMemory.Least >= spec.MemoryBytes,
            "spec.resources.memory_max_bytes",
            $"{resources.MemoryMaxBytes} is less than the guest's memory and what QEMU itself needs; give at least spec.memory_bytes and {QemuMemory.Least} besides, or leave it out");
    }

    private static bool IsBetween(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;
}
