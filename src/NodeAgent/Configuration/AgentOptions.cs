using System.Collections.Immutable;
using System.Net;
using NodeAgent.Hypervisor.Vms;
using NodeAgent.Security;

namespace NodeAgent.Configuration;

/// <summary>The configuration in force. Immutable: a reload makes a new one. Every property is a key of <see cref="ConfigSchema"/>.</summary>
internal sealed record AgentOptions
{
    // [agent]
    public string StateDirectory { get; init; } = "/var/lib/nodeagent";
    public string RunDirectory { get; init; } = "/run/nodeagent";
    public ImmutableArray<string> ListenPaths { get; init; } = [];
    public UnixFileMode SocketMode { get; init; } = (UnixFileMode)0x1B0; // 0660
    public string SocketGroup { get; init; } = "";
    public LogLevelChoice LogLevel { get; init; } = LogLevelChoice.Info;
    public LogFormat LogFormat { get; init; } = LogFormat.Text;
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public MetricsOptions Metrics { get; init; } = new();
    public QemuOptions Qemu { get; init; } = new();
    public LimitOptions Limits { get; init; } = new();
    public AutostartOptions Autostart { get; init; } = new();
    public ShutdownOptions Shutdown { get; init; } = new();
    public KvmOptions Kvm { get; init; } = new();
    public RemoteOptions Remote { get; init; } = new();
    public AccessOptions Access { get; init; } = new();

    /// <summary>The sockets of the API: those named, else one in the run directory.</summary>
    public ImmutableArray<string> SocketPaths =>
        ListenPaths.IsEmpty ? [Path.Combine(RunDirectory, "api.sock")] : ListenPaths;

    /// <summary>Where disks and kernels may lie: the roots named, else one in the state directory.</summary>
    public ImmutableArray<string> ImageRoots =>
        Qemu.ImageRoots.IsEmpty ? [Path.Combine(StateDirectory, "images")] : Qemu.ImageRoots;
}

/// <summary>[metrics]</summary>
internal sealed record MetricsOptions
{
    public IPEndPoint? Listen { get; init; } = new(IPAddress.Loopback, 9464);
    public MetricsTls Tls { get; init; } = MetricsTls.Auto;
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>Whether the metrics are served by mutual TLS.</summary>
internal enum MetricsTls
{
    /// <summary>On an address that others reach, and not on loopback.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never; whoever reaches the address may read.</summary>
    Off,
}

/// <summary>[qemu]</summary>
internal sealed record QemuOptions
{
    public string Binary { get; init; } = "/usr/bin/qemu-system-x86_64";
    public LauncherChoice Launcher { get; init; } = LauncherChoice.Auto;
    public ImmutableArray<string> ImageRoots { get; init; } = [];
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Who runs QEMU.</summary>
internal enum LauncherChoice
{
    /// <summary>systemd where it is the host's first process, otherwise the agent.</summary>
    Auto,

    /// <summary>systemd, each VM in a unit of its own.</summary>
    Systemd,

    /// <summary>The agent, each VM as a detached process with the agent's own rights.</summary>
    Direct,

    /// <summary>Nobody: the node only pretends to have VMs.</summary>
    Simulated,
}

/// <summary>[limits]</summary>
internal sealed record LimitOptions
{
    public long MaxMessageBytes { get; init; } = 1024 * 1024;
    public int MaxStreams { get; init; } = 128;
    public int MaxConnections { get; init; } = 64;
    public int RequestsPerSecond { get; init; } = 5000;
    public int MaxVms { get; init; } = 1000;
    public int OperationsKept { get; init; } = 5_000;
    public TimeSpan OperationsAge { get; init; } = TimeSpan.FromDays(7);
    public int EventsKept { get; init; } = 50_000;
    public TimeSpan EventsAge { get; init; } = TimeSpan.FromDays(30);
    public TimeSpan RequestIdAge { get; init; } = TimeSpan.FromHours(24);
    public int AuditKept { get; init; } = 250_000;
    public TimeSpan AuditAge { get; init; } = TimeSpan.FromDays(400);
}

/// <summary>[autostart]</summary>
internal sealed record AutostartOptions
{
    public bool Enabled { get; init; } = true;
}

/// <summary>[shutdown]</summary>
internal sealed record ShutdownOptions
{
    public bool Enabled { get; init; } = true;
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan GuestTimeout { get; init; } = TimeSpan.FromMinutes(2);
    public int Parallel { get; init; } = 10;
    public HostShutdownFallback Fallback { get; init; } = HostShutdownFallback.Force;
}

/// <summary>[kvm]</summary>
internal sealed record KvmOptions
{
    public string Device { get; init; } = "/dev/kvm";
}

/// <summary>How a log line is written.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>The least important message that is logged.</summary>
internal enum LogLevelChoice
{
    Trace,
    Debug,
    Info,
    Warning,
    Error,
}

/// <summary>[remote]</summary>
internal sealed record RemoteOptions
{
    public IPEndPoint? Listen { get; init; }
    public string Certificate { get; init; } = "";
    public string Key { get; init; } = "";
    public string Authorities { get; init; } = "";
    public string RevocationList { get; init; } = "";
    public string DeniedSerials { get; init; } = "";
}

/// <summary>[access]</summary>
internal sealed record AccessOptions
{
    public string PolicyPath { get; init; } = "/etc/nodeagent/policy.conf";

    /// <summary>What the file says; it is read with the configuration and belongs to it.</summary>
    public AccessPolicy Policy { get; init; } = PolicyFile.BuiltIn;
}
