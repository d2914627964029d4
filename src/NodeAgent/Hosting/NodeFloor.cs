using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Units;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Hosting;

/// <summary>The floor below, put together: ledger, operations, VMs, and what is known of the host.</summary>
internal sealed class NodeFloor : IAsyncDisposable
{
    private readonly VmServices _services;
    private readonly LedgerContents _contents;
    private readonly string _bootId;
    private readonly ILoggerFactory _log;

    private NodeFloor(LiveOptions options, LedgerOpened opened, TimeProvider time, ILoggerFactory log)
    {
        var current = options.Current;
        _log = log;
        _contents = opened.Contents;
        Ledger = opened.Ledger;
        Damage = opened.Damage;
        NodeId = NodeIdFile.ReadOrCreate(current.StateDirectory);
        Ground = Ground.Open(options, NodeId, time, log);
        _bootId = Ground.ReadMachine().BootId?.ToString("D") ?? "";
        Survey = Ground.Survey(() => ShutdownWatch?.RefreshAsync() ?? Task.CompletedTask, time);
        var planner = new BootPlanner(() => new ImageRoots(options.Current.ImageRoots), Survey.BootAsync, time);
        _services = new VmServices
        {
            Ledger = Ledger,
            Operations = new OperationBook(Ledger, _contents, time),
            Launcher = Ground.Launcher,
            Planner = planner,
            Feed = new VmFeed(),
            Options = OptionsOf(current, OnQmpCommand),
            Time = time,
            Logger = log.CreateLogger("NodeAgent.Vms"),
        };
        Registry = new VmRegistry(_services);
        _services.Gate.Set(_contents.Maintenance);
        Maintenance = new NodeMaintenance(_services);
        if (Ground.ShutdownBus is { } shutdowns)
        {
            ShutdownWatch = new HostShutdownWatch(shutdowns, new HostShutdown(Registry, _services), _services);
        }

        Sampler = new VmSampler(Registry, time);
        options.Observe(now => _services.Options = OptionsOf(now, OnQmpCommand));
        options.Observe(now => Sampler.Interval = now.Metrics.SampleInterval);
    }

    public Guid NodeId { get; }

    public NodeLedger Ledger { get; }

    /// <summary>What was wrong with the ledger when it was opened; <c>null</c> when nothing was.</summary>
    public LedgerDamage? Damage { get; }

    /// <summary>What it stands on.</summary>
    public Ground Ground { get; }

    public NodeSurvey Survey { get; }

    public OperationBook Operations => _services.Operations;

    public VmRegistry Registry { get; }

    public VmSampler Sampler { get; }

    public NodeMaintenance Maintenance { get; }

    /// <summary>Takes guests down before the host; <c>null</c> where it is switched off, or there is no libsystemd.</summary>
    public HostShutdownWatch? ShutdownWatch { get; }

    /// <summary>How the floor stands, for conditions.</summary>
    public NodeStanding Standing => new(Ledger.Health, Damage, _services.Gate)
    {
        KvmAccess = Ground.Bus is null ? null : DeviceAccess.ToKvm(),
        IsSimulated = Ground.IsSimulated,
        Shutdown = ShutdownWatch?.Outlook,
        ShutdownTimeout = _services.Options.HostShutdown.Timeout,
    };

    public string LauncherName => _services.Launcher.Name;

    /// <summary>Told of every QMP command, see <see cref="MonitorOptions.OnCommand"/>.</summary>
    public Action<string, string, TimeSpan>? OnCommand { get; set; }

    /// <summary>Told what the recovery did.</summary>
    public Action<RecoveryReport>? OnRecovered { get; set; }

    /// <summary>What the recovery did; <c>null</c> until it is done.</summary>
    public RecoveryReport? Recovery { get; private set; }

    /// <summary>Opens the ledger and puts the rest on it.</summary>
    /// <exception cref="StartException">Another agent has the state directory, or it can't be used.</exception>
    public static NodeFloor Open(LiveOptions options, TimeProvider time, ILoggerFactory log) =>
        NodeLedger.Open(LedgerOptionsOf(options.Current), time, log.CreateLogger("NodeAgent.Ledger")) switch
        {
            LedgerOpened opened => new NodeFloor(options, opened, time, log),
            LedgerHeld held => throw new StartException(
                $"Another agent{(held.HolderPid is null ? "" : $" (process {held.HolderPid})")} uses the state directory {options.Current.StateDirectory}. Stop it, or choose another with --state-dir."),
            LedgerTooNew tooNew => throw new StartException(
                $"The ledger in {options.Current.StateDirectory} was written by a newer agent (schema {tooNew.Found}; this one knows {tooNew.Known}). Install that agent again; the ledger was left as it is."),
            LedgerUnusable unusable => throw new StartException(
                $"The state directory {options.Current.StateDirectory} can't be used: {unusable.Message} Free space or mend it, or choose another with --state-dir."),
            _ => throw new InvalidOperationException("The ledger's answer is not known here."),
        };

    /// <summary>Brings all VMs back.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        Recovery = await new NodeRecovery(Registry, _services, _bootId) { LedgerIsWhole = Damage is null }.RunAsync(_contents, cancellationToken);
        OnRecovered?.Invoke(Recovery);
    }

    /// <summary>Keeps the host's figures fresh.</summary>
    public async Task WatchHostAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Sampler.Interval, _services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Survey.Refresh();
        }
    }

    /// <summary>Starts what is to start with the host.</summary>
    public Task AutostartAsync(CancellationToken cancellationToken) =>
        new VmAutostart(Registry, _services.Options, _bootId, _services.Time, _log.CreateLogger("NodeAgent.Autostart")).RunAsync(Operations, cancellationToken);

    /// <summary>Lets go of the guests, which run on, and closes the ledger.</summary>
    public async ValueTask DisposeAsync()
    {
        await Registry.LetGoAsync();
        await Ledger.DisposeAsync();
        await Ground.DisposeAsync();
    }

    private void OnQmpCommand(string command, string result, TimeSpan duration) => OnCommand?.Invoke(command, result, duration);

    private static VmOptions OptionsOf(AgentOptions options, Action<string, string, TimeSpan> onCommand) => new()
    {
        RunDirectory = options.RunDirectory,
        StateDirectory = options.StateDirectory,
        Monitor = new MonitorOptions { OpenTimeout = options.Qemu.StartTimeout, CommandTimeout = options.Qemu.CommandTimeout, OnCommand = onCommand },
        MaxVms = options.Limits.MaxVms,
        HostShutdown = new HostShutdownOptions
        {
            Timeout = options.Shutdown.Timeout,
            GuestTimeout = options.Shutdown.GuestTimeout,
            Parallel = options.Shutdown.Parallel,
            Fallback = options.Shutdown.Fallback,
        },
    };

    private static LedgerOptions LedgerOptionsOf(AgentOptions options) => new()
    {
        StateDirectory = options.StateDirectory,
        EventCount = options.Limits.EventsKept,
        EventAge = options.Limits.EventsAge,
        OperationCount = options.Limits.OperationsKept,
        OperationAge = options.Limits.OperationsAge,
        KeyAge = options.Limits.RequestIdAge,
        AuditCount = options.Limits.AuditKept,
        AuditAge = options.Limits.AuditAge,
    };
}
