using System.Globalization;
using NodeAgent.Configuration;
using NodeAgent.Health;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Systemd;

/// <summary>
/// Keeps the service manager informed: ready once the guests are looked after, stopping, reloading, more time while it
/// starts, and a status line that follows what happens.
/// </summary>
internal sealed class ServiceReport : IDisposable
{
    /// <summary>How long the agent may take to start. After that the manager's own time-out holds.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);

    /// <summary>How long what happens is gathered into one line: twenty VMs that start at once are one, not forty.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan StartStep = TimeSpan.FromSeconds(10), StopMargin = TimeSpan.FromSeconds(15);

    private readonly NotifySocket _socket;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly ITimer _startTimer, _statusTimer;
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, string> _states = [];
    private AgentPhase _phase = AgentPhase.Starting;
    private LedgerState _ledger;
    private ReloadOutcome? _reload;
    private string? _trouble;
    private string _said = "";
    private bool _isDue;

    public ServiceReport(NotifySocket socket, TimeProvider time)
    {
        _socket = socket;
        _time = time;
        _began = time.GetTimestamp();
        _statusTimer = time.CreateTimer(_ => TellChanges(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _startTimer = time.CreateTimer(_ => AskForTime(), null, TimeSpan.Zero, StartStep);
    }

    /// <summary>Says what is being done while the agent starts.</summary>
    public void Starting(string what)
    {
        lock (_gate)
        {
            if (_phase is AgentPhase.Starting)
            {
                Say($"Starting: {what}");
            }
        }
    }

    /// <summary>Says why the agent could not start.</summary>
    public void Failed(string why)
    {
        lock (_gate)
        {
            _phase = AgentPhase.Stopping;
            Say(why);
        }
    }

    /// <summary>Follows what the status line tells of.</summary>
    public void Follow(VmFeed feed, NodeLedger ledger)
    {
        feed.Observe(OnVm);
        ledger.HealthChanged += (_, health) => Change(() => _ledger = health.State);
        Change(() => _ledger = ledger.Health.State);
    }

    /// <summary>Follows the agent's life.</summary>
    /// <param name="readiness">The agent's life.</param>
    /// <param name="stopTimeout">How long its stop may take.</param>
    public void Follow(Readiness readiness, TimeSpan stopTimeout) => readiness.Observe(phase =>
    {
        lock (_gate)
        {
            if (phase <= _phase)
            {
                return;
            }

            _phase = phase;
            if (phase is AgentPhase.Ready)
            {
                Say(Compose(), "READY=1");
            }
            else
            {
                Say("Stopping; guests run on", "STOPPING=1", $"EXTEND_TIMEOUT_USEC={Microseconds(stopTimeout + StopMargin)}");
            }
        }
    });

    /// <summary>The agent was told to stop because the host goes down, and takes the guests down first.</summary>
    /// <param name="limit">How long that may take.</param>
    public void LeavingWithHost(TimeSpan limit)
    {
        lock (_gate)
        {
            Say("Stopping; guests are shut down before the host", $"EXTEND_TIMEOUT_USEC={Microseconds(limit + StopMargin)}");
        }
    }

    /// <summary>The configuration is about to be read again.</summary>
    public void BeginReload()
    {
        lock (_gate)
        {
            // While the agent starts or stops this would be taken for more than it is: READY=1 ends a start.
            if (_phase is AgentPhase.Ready)
            {
                // CLOCK_MONOTONIC, which the framework's timestamps are on Linux.
                _socket.Send($"RELOADING=1\nMONOTONIC_USEC={Microseconds(_time.GetElapsedTime(0))}");
            }
        }
    }

    /// <summary>The configuration was read again.</summary>
    public void EndReload(ReloadOutcome outcome)
    {
        lock (_gate)
        {
            _reload = outcome;
            if (_phase is AgentPhase.Ready)
            {
                Say(Compose(), "READY=1");
            }
        }
    }

    /// <summary>Says what the watchdog misses; <c>null</c> when it misses nothing any more.</summary>
    public void Trouble(string? what) => Change(() => _trouble = what);

    public void Dispose()
    {
        _startTimer.Dispose();
        _statusTimer.Dispose();
    }

    private void OnVm(VmChange change)
    {
        switch (change)
        {
            case VmChange.Changed { Snapshot: var vm }:
                Change(() => _states[vm.Definition.Id] = ServiceStatus.WordOf(vm.State));
                break;
            case VmChange.Deleted gone:
                Change(() => _states.Remove(gone.Id));
                break;
        }
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            if (!_isDue && _phase is AgentPhase.Ready)
            {
                _isDue = true;
                _statusTimer.Change(Pause, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void TellChanges()
    {
        lock (_gate)
        {
            _isDue = false;
            if (_phase is AgentPhase.Ready && Compose() is var now && now != _said)
            {
                Say(now);
            }
        }
    }

    // A ledger that is salvaged or a host with many guests takes longer than the manager's patience; a start that hangs
    // must not take for ever.
    private void AskForTime()
    {
        lock (_gate)
        {
            if (_phase is AgentPhase.Starting && _time.GetElapsedTime(_began) < StartLimit)
            {
                _socket.Send($"EXTEND_TIMEOUT_USEC={Microseconds(2 * StartStep)}");
            }
            else
            {
                _startTimer.Dispose();
            }
        }
    }

    private string Compose() => ServiceStatus.Compose(_states.Values, _ledger, _reload, _trouble);

    private void Say(string status, params ReadOnlySpan<string> before)
    {
        _said = status;
        _socket.Send(string.Join('\n', [.. before, "STATUS=" + status.ReplaceLineEndings(" ")]));
    }

    private static string Microseconds(TimeSpan span) => ((long)span.TotalMicroseconds).ToString(CultureInfo.InvariantCulture);
}
