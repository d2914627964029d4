using System.Text.Json.Nodes;

namespace FakeQemu;

/// <summary>
/// The machine that all monitors see: its run state, its events, and the end of the process.
/// <code>
///   prelaunch ──cont──► running ──stop──► paused ──cont──► running
///                          │ guest shuts down      ──► shutdown       (SHUTDOWN, STOP)
///                          │ guest panics          ──► guest-panicked (GUEST_PANICKED, STOP)
///   shutdown, guest-panicked ──system_reset──► paused (RESET)
///   paused ──migrate──► postmigrate ──cont──► running; inmigrate ──migrate-incoming──► paused
/// </code>
/// </summary>
internal sealed class FakeMachine(QemuArguments arguments)
{
    private readonly Lock _gate = new();
    private readonly List<Action<JsonObject>> _listeners = [];
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time = TimeProvider.System;
    private string _state = arguments.IsIncoming ? "inmigrate" : "prelaunch";
    private bool _isOver;
    private bool _powerButtonPressed;

    public QemuArguments Arguments { get; } = arguments;

    public FakeMigration Migration => field ??= new FakeMigration(this);

    /// <summary>Completes with the status to exit with.</summary>
    public Task<int> Exited => _exited.Task;

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

    public bool IsRunning => State == "running";

    /// <summary>Adds a session, which gets all events from now on.</summary>
    public void Listen(Action<JsonObject> listener)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
        }
    }

    public void Leave(Action<JsonObject> listener)
    {
        lock (_gate)
        {
            _listeners.Remove(listener);
        }
    }

    public void Emit(string name, JsonObject? data = null)
    {
        lock (_gate)
        {
            DateTimeOffset now = _time.GetUtcNow();
            var message = new JsonObject
            {
                ["timestamp"] = new JsonObject
                {
                    ["seconds"] = now.ToUnixTimeSeconds(),
                    ["microseconds"] = now.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond,
                },
                ["event"] = name,
            };
            if (data is not null)
            {
                message["data"] = data.DeepClone();
            }

            _listeners.ForEach(listener => listener(message));
        }
    }

    public void PowerOn()
    {
        if (!Arguments.StartsPaused)
        {
            Continue();
        }
    }

    /// <summary>Returns an error's description, or null.</summary>
    public string? Continue()
    {
        lock (_gate)
        {
            if (_state is "shutdown" or "guest-panicked")
            {
                return "Resetting the Virtual Machine is required";
            }

            Change(to: "running", "RESUME");
            return null;
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            if (_state == "running")
            {
                Change(to: "paused", "STOP");
            }
        }
    }

    /// <summary>Presses the power button; a guest that runs obeys.</summary>
    public void Powerdown()
    {
        lock (_gate)
        {
            Emit("POWERDOWN");
            _powerButtonPressed = true;
        }
    }

    /// <summary>A migration has come to its end, in whichever direction.</summary>
    public void EndMigration()
    {
        lock (_gate)
        {
            _state = _state == "inmigrate" ? "paused" : "postmigrate";
        }
    }

    public void Reset(bool byGuest)
    {
        lock (_gate)
        {
            string reason = byGuest ? "guest-reset" : "host-qmp-system-reset";
            if (!Arguments.ResetsOnReboot)
            {
                Shutdown(byGuest, reason);
                return;
            }

            Emit("RESET", new JsonObject { ["guest"] = byGuest, ["reason"] = reason });
            _state = _state is "shutdown" or "guest-panicked" ? "paused" : _state;
        }
    }

    public void GuestShutdown()
    {
        lock (_gate)
        {
            if (_state == "running")
            {
                Shutdown(byGuest: true, "guest-shutdown");
            }
        }
    }

    public void GuestPanic()
    {
        lock (_gate)
        {
            if (_state != "running")
            {
                return;
            }

            Emit("GUEST_PANICKED", new JsonObject { ["action"] = Arguments.StaysAfterPanic ? "pause" : "poweroff" });
            if (Arguments.StaysAfterPanic)
            {
                Change(to: "guest-panicked", "STOP");
            }
            else
            {
                Shutdown(byGuest: true, "guest-panic");
            }
        }
    }

    /// <summary>Ends the process in order, whatever <c>-action shutdown</c> says.</summary>
    public void Quit(string reason)
    {
        Emit("SHUTDOWN", new JsonObject { ["guest"] = false, ["reason"] = reason });
        _isOver = true;
    }

    /// <summary>What follows from a command after its reply: a guest obeys the power button, the process ends.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            if (_powerButtonPressed)
            {
                _powerButtonPressed = false;
                GuestShutdown();
            }

            if (_isOver)
            {
                _exited.TrySetResult(0);
            }
        }
    }

    private void Shutdown(bool byGuest, string reason)
    {
        Emit("SHUTDOWN", new JsonObject { ["guest"] = byGuest, ["reason"] = reason });
        if (!Arguments.StaysAfterShutdown)
        {
            _isOver = true;
        }
        else if (_state == "running")
        {
            Change(to: "shutdown", "STOP");
        }
    }

    private void Change(string to, string named)
    {
        if (_state != to)
        {
            _state = to;
            Emit(named);
        }
    }
}
