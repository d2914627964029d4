using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>
/// A guest that is not there: a run state, a clock that counts while it runs, and a power button that it obeys.
/// <code>
///   prelaunch ──cont──► running ──stop──► paused ──cont──► running
///                          │ system_powerdown, and a moment later ──► shutdown  (SHUTDOWN, STOP)
///   shutdown ──system_reset──► paused  (RESET)
///   whatever ──quit, kill──► ended
/// </code>
/// </summary>
internal sealed class SimulatedGuest(Guid id, BootContract boot, SimulatedFigures figures, TimeProvider time)
{
    private const string Running = "running", Paused = "paused", Shutdown = "shutdown";

    // Long enough to be seen stopping, short enough for a thousand of them.
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly List<ISimulatedLine> _lines = [];
    private readonly TaskCompletionSource<ProcessExit> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _state = "prelaunch";
    private TimeSpan _ran;
    private long _runsSince;
    private bool _buttonPressed;

    public Guid Id => id;

    public BootContract Boot => boot;

    public SimulatedFigures Figures => figures;

    /// <summary>QAPI RunState.</summary>
    public string State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>How long it has run in all.</summary>
    public TimeSpan Ran
    {
        get
        {
            lock (_gate)
            {
                return _state == Running ? _ran + time.GetElapsedTime(_runsSince) : _ran;
            }
        }
    }

    /// <summary>Completes when it has ended, with how.</summary>
    public Task<ProcessExit> Ended => _ended.Task;

    /// <summary>Serves one of its lines until it ends.</summary>
    public void Serve(ISimulatedLine line)
    {
        lock (_gate)
        {
            _lines.Add(line);
        }

        _ = line.ServeAsync();
    }

    /// <summary>Lets it run; false where QEMU would want a reset first.</summary>
    public bool Continue()
    {
        lock (_gate)
        {
            if (_state == Shutdown)
            {
                return false;
            }

            Change(Running, "RESUME");
            if (_buttonPressed)
            {
                _ = ObeyAsync();
            }

            return true;
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            if (_state == Running)
            {
                Change(Paused, "STOP");
            }
        }
    }

    public void PressPowerButton()
    {
        lock (_gate)
        {
            Tell("POWERDOWN");
            _buttonPressed = true;
            if (_state == Running)
            {
                _ = ObeyAsync();
            }
        }
    }

    public void Reset()
    {
        lock (_gate)
        {
            _buttonPressed = false;
            Tell("RESET", """{"guest": false, "reason": "host-qmp-system-reset"}""");
            _state = _state == Shutdown ? Paused : _state;
        }
    }

    public void Quit()
    {
        lock (_gate)
        {
            Tell("SHUTDOWN", """{"guest": false, "reason": "host-qmp-quit"}""");
        }

        End(new ProcessExit(0, null, false));
    }

    /// <summary>Ends it at once, its lines first, as a process does.</summary>
    public void End(ProcessExit exit)
    {
        lock (_gate)
        {
            _lines.ForEach(line => line.Close());
            _lines.Clear();
            _buttonPressed = false;
        }

        _ended.TrySetResult(exit);
    }

    private async Task ObeyAsync()
    {
        await Task.Delay(ShutdownTime, time);
        lock (_gate)
        {
            if (_buttonPressed && _state == Running)
            {
                _buttonPressed = false;
                Tell("SHUTDOWN", """{"guest": true, "reason": "guest-shutdown"}""");
                Change(Shutdown, "STOP");
            }
        }
    }

    private void Change(string state, string named)
    {
        if (_state == state)
        {
            return;
        }

        if (_state == Running)
        {
            _ran += time.GetElapsedTime(_runsSince);
        }

        (_state, _runsSince) = (state, time.GetTimestamp());
        Tell(named);
    }

    private void Tell(string named, string? data = null)
    {
        var now = time.GetUtcNow();
        var microseconds = now.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        var words = $$"""{"timestamp": {"seconds": {{now.ToUnixTimeSeconds()}}, "microseconds": {{microseconds}} }, "event": "{{named}}"{{(data is null ? "" : $", \"data\": {data}")}} }""";
        _lines.ForEach(line => line.Tell(words));
    }
}
