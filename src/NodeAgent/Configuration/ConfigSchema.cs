using System.Collections.Immutable;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Configuration;

/// <summary>
/// Every key that there is. packaging/nodeagentd.conf and docs/configuration.md name the same ones, and tests hold
/// the three together.
/// </summary>
internal static class ConfigSchema
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1), Hour = TimeSpan.FromHours(1), Second = TimeSpan.FromSeconds(1);

    public static ImmutableArray<ConfigKey> Keys { get; } =
    [
        Fixed("agent", "state_dir", (o, v) => o with { StateDirectory = ValueText.AbsolutePath(v) }, o => o.StateDirectory),
        Fixed("agent", "run_dir", (o, v) => o with { RunDirectory = ValueText.AbsolutePath(v) }, o => o.RunDirectory),
        Fixed("agent", "listen", (o, v) => o with { ListenPaths = ValueText.List(v, ValueText.SocketPath) },
            o => ValueText.Show([.. o.SocketPaths.Select(path => "unix:" + path)])),
        Fixed("agent", "socket_mode", (o, v) => o with { SocketMode = ValueText.Mode(v) }, o => ValueText.Show(o.SocketMode)),
        Fixed("agent", "socket_group", (o, v) => o with { SocketGroup = v }, o => o.SocketGroup),
        Live("agent", "log_level", (o, v) => o with { LogLevel = ValueText.Word<LogLevelChoice>(v) }, o => ValueText.Show(o.LogLevel)),
        Fixed("agent", "log_format", (o, v) => o with { LogFormat = ValueText.Word<LogFormat>(v) }, o => ValueText.Show(o.LogFormat)),
        Fixed("agent", "stop_timeout", (o, v) => o with { StopTimeout = ValueText.Duration(v, Second, Hour) }, o => ValueText.Show(o.StopTimeout)),

        Fixed("metrics", "listen", (o, v) => o with { Metrics = o.Metrics with { Listen = ValueText.HttpListen(v) } },
            o => o.Metrics.Listen?.ToString() ?? "none"),
        Fixed("metrics", "tls", (o, v) => o with { Metrics = o.Metrics with { Tls = ValueText.Word<MetricsTls>(v) } }, o => ValueText.Show(o.Metrics.Tls)),
        Live("metrics", "sample_interval",
            (o, v) => o with { Metrics = o.Metrics with { SampleInterval = ValueText.Duration(v, Second, Hour) } },
            o => ValueText.Show(o.Metrics.SampleInterval)),

        Fixed("qemu", "binary", (o, v) => o with { Qemu = o.Qemu with { Binary = ValueText.AbsolutePath(v) } }, o => o.Qemu.Binary),
        Fixed("qemu", "launcher", (o, v) => o with { Qemu = o.Qemu with { Launcher = ValueText.Word<LauncherChoice>(v) } }, o => ValueText.Show(o.Qemu.Launcher)),
        Live("qemu", "image_roots",
            (o, v) => o with { Qemu = o.Qemu with { ImageRoots = ValueText.List(v, ValueText.AbsolutePath) } },
            o => ValueText.Show(o.ImageRoots)),
        Live("qemu", "start_timeout",
            (o, v) => o with { Qemu = o.Qemu with { StartTimeout = ValueText.Duration(v, Second, Hour) } },
            o => ValueText.Show(o.Qemu.StartTimeout)),
        Live("qemu", "command_timeout",
            (o, v) => o with { Qemu = o.Qemu with { CommandTimeout = ValueText.Duration(v, Second / 10, Hour) } },
            o => ValueText.Show(o.Qemu.CommandTimeout)),

        Fixed("limits", "max_message_bytes",
            (o, v) => WithLimits(o, l => l with { MaxMessageBytes = ValueText.Size(v, 64 << 10, 64 << 20) }),
            o => ValueText.ShowSize(o.Limits.MaxMessageBytes)),
        Live("limits", "max_streams", (o, v) => WithLimits(o, l => l with { MaxStreams = ValueText.Int(v, 1, 100_000) }), o => $"{o.Limits.MaxStreams}"),
        Live("limits", "max_connections", (o, v) => WithLimits(o, l => l with { MaxConnections = ValueText.Int(v, 1, 100_000) }), o => $"{o.Limits.MaxConnections}"),
        Live("limits", "requests_per_second", (o, v) => WithLimits(o, l => l with { RequestsPerSecond = ValueText.Int(v, 1, 1_000_000) }), o => $"{o.Limits.RequestsPerSecond}"),
        Live("limits", "max_vms", (o, v) => WithLimits(o, l => l with { MaxVms = ValueText.Int(v, 0, 100_000) }), o => $"{o.Limits.MaxVms}"),
        Fixed("limits", "operations_kept", (o, v) => WithLimits(o, l => l with { OperationsKept = ValueText.Int(v, 1, 10_000_000) }), o => $"{o.Limits.OperationsKept}"),
        Fixed("limits", "operations_age", (o, v) => WithLimits(o, l => l with { OperationsAge = ValueText.Duration(v, Hour, 3650 * Day) }), o => ValueText.Show(o.Limits.OperationsAge)),
        Fixed("limits", "events_kept", (o, v) => WithLimits(o, l => l with { EventsKept = ValueText.Int(v, 1, 100_000_000) }), o => $"{o.Limits.EventsKept}"),
        Fixed("limits", "events_age", (o, v) => WithLimits(o, l => l with { EventsAge = ValueText.Duration(v, Hour, 3650 * Day) }), o => ValueText.Show(o.Limits.EventsAge)),
        Fixed("limits", "request_id_age", (o, v) => WithLimits(o, l => l with { RequestIdAge = ValueText.Duration(v, Hour, 365 * Day) }), o => ValueText.Show(o.Limits.RequestIdAge)),
        Fixed("limits", "audit_kept", (o, v) => WithLimits(o, l => l with { AuditKept = ValueText.Int(v, 1, 100_000_000) }), o => $"{o.Limits.AuditKept}"),
        Fixed("limits", "audit_age", (o, v) => WithLimits(o, l => l with { AuditAge = ValueText.Duration(v, Hour, 3650 * Day) }), o => ValueText.Show(o.Limits.AuditAge)),

        Fixed("autostart", "enabled", (o, v) => o with { Autostart = o.Autostart with { Enabled = ValueText.Bool(v) } }, o => ValueText.Show(o.Autostart.Enabled)),

        Fixed("shutdown", "enabled", (o, v) => WithShutdown(o, s => s with { Enabled = ValueText.Bool(v) }), o => ValueText.Show(o.Shutdown.Enabled)),
        Live("shutdown", "timeout", (o, v) => WithShutdown(o, s => s with { Timeout = ValueText.Duration(v, Second, Hour) }), o => ValueText.Show(o.Shutdown.Timeout)),
        Live("shutdown", "guest_timeout", (o, v) => WithShutdown(o, s => s with { GuestTimeout = ValueText.Duration(v, Second, Hour) }), o => ValueText.Show(o.Shutdown.GuestTimeout)),
        Live("shutdown", "fallback", (o, v) => WithShutdown(o, s => s with { Fallback = ValueText.Word<HostShutdownFallback>(v) }), o => ValueText.Show(o.Shutdown.Fallback)),
        Live("shutdown", "parallel", (o, v) => WithShutdown(o, s => s with { Parallel = ValueText.Int(v, 1, 10_000) }), o => $"{o.Shutdown.Parallel}"),

        Fixed("remote", "listen", (o, v) => WithRemote(o, r => r with { Listen = ValueText.HttpListen(v) }), o => o.Remote.Listen?.ToString() ?? "none"),
        Live("remote", "certificate", (o, v) => WithRemote(o, r => r with { Certificate = ValueText.CredentialPath(v) }), o => o.Remote.Certificate),
        Live("remote", "key", (o, v) => WithRemote(o, r => r with { Key = ValueText.CredentialPath(v) }), o => o.Remote.Key),
        Live("remote", "authorities", (o, v) => WithRemote(o, r => r with { Authorities = ValueText.CredentialPath(v) }), o => o.Remote.Authorities),
        Live("remote", "revocation_list", (o, v) => WithRemote(o, r => r with { RevocationList = ValueText.CredentialPath(v) }), o => o.Remote.RevocationList),
        Live("remote", "denied_serials", (o, v) => WithRemote(o, r => r with { DeniedSerials = ValueText.CredentialPath(v) }), o => o.Remote.DeniedSerials),

        Live("access", "policy", (o, v) => o with { Access = o.Access with { PolicyPath = ValueText.AbsolutePath(v) } }, o => o.Access.PolicyPath)
            with { Content = o => o.Access.PolicyPath + '\n' + o.Access.Policy.Text },

        Fixed("kvm", "device", (o, v) => o with { Kvm = o.Kvm with { Device = ValueText.AbsolutePath(v) } }, o => o.Kvm.Device),
    ];

    /// <summary>The sections, as "[a], [b] or [c]" for messages.</summary>
    public static string SectionNames => string.Join(", ", Keys.Select(key => key.Section).Distinct().Select(name => $"[{name}]"));

    /// <summary>The key of that name, or <c>null</c>.</summary>
    public static ConfigKey? Find(string section, string name) => Keys.FirstOrDefault(key => key.Section == section && key.Name == name);

    private static ConfigKey Fixed(string section, string name, Func<AgentOptions, string, AgentOptions> read, Func<AgentOptions, string> show) =>
        new(section, name, false, read, show);

    private static ConfigKey Live(string section, string name, Func<AgentOptions, string, AgentOptions> read, Func<AgentOptions, string> show) =>
        new(section, name, true, read, show);

    private static AgentOptions WithRemote(AgentOptions options, Func<RemoteOptions, RemoteOptions> change) =>
        options with { Remote = change(options.Remote) };

    private static AgentOptions WithShutdown(AgentOptions options, Func<ShutdownOptions, ShutdownOptions> change) =>
        options with { Shutdown = change(options.Shutdown) };

    private static AgentOptions WithLimits(AgentOptions options, Func<LimitOptions, LimitOptions> change) =>
        options with { Limits = change(options.Limits) };
}
