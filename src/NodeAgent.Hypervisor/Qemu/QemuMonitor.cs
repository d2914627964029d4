using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Bindings.Qmp.Events;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>
/// The agent's two lines into one QEMU: commands go through the first, events and samples come through the second, so
/// that a command that is stuck blinds nobody. A lost connection is made anew for as long as the monitor lives; only
/// the process can say that the guest has ended.
/// </summary>
public sealed class QemuMonitor : IAsyncDisposable
{
    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OutOfBandPatience = TimeSpan.FromMilliseconds(250);

    private readonly RunDirectory _directory;
    private readonly MonitorOptions _options;
    private readonly MonitorListener _listener;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private volatile QmpConnection _control = null!;
    private volatile QmpConnection _observer = null!;
    private volatile bool _silent;
    private Task _keeping = Task.CompletedTask;
    private Task _events = Task.CompletedTask;

    private QemuMonitor(RunDirectory directory, MonitorOptions options, MonitorListener listener, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _options = options;
        _listener = listener;
        _time = time;
        _logger = logger;
    }

    /// <summary>QEMU's version, as it said itself.</summary>
    public QmpVersion Version => _control.Version;

    /// <summary>Tells when a migration has come a step further.</summary>
    public MigrationNews Migration { get; } = new();

    /// <summary>Completes when every event that QEMU sent before its end has been passed on.</summary>
    public Task EventsDrained => _events;

    /// <summary>Connects to a QEMU that listens already.</summary>
    /// <exception cref="QmpException">It does not answer as QEMU does, or not in time.</exception>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static Task<QemuMonitor> AttachAsync(
        RunDirectory directory, MonitorOptions options, MonitorListener listener, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var sockets = MonitorSockets.Connect(directory);
        return OpenAsync(sockets, directory, options, listener, time, logger, cancellationToken);
    }

    /// <summary>Waits for a QEMU that is being started and whose sockets are connected already.</summary>
    /// <exception cref="QmpException">It does not answer as QEMU does, or not in time.</exception>
    public static async Task<QemuMonitor> OpenAsync(
        MonitorSockets sockets, RunDirectory directory, MonitorOptions options, MonitorListener listener, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var monitor = new QemuMonitor(directory, options, listener, time, logger);
        await monitor.ConnectAsync(sockets, cancellationToken);
        monitor._keeping = monitor.KeepAsync();
        return monitor;
    }

    /// <summary>Runs a command on the first line.</summary>
    /// <exception cref="QmpException">It failed, or QEMU did not answer in time.</exception>
    public Task<TResult> ExecuteAsync<TResult>(QmpCommand<QmpEmpty, TResult> command, CancellationToken cancellationToken) =>
        ExecuteAsync(command, QmpEmpty.Value, cancellationToken);

    /// <summary>Runs a command on the first line.</summary>
    /// <exception cref="QmpException">It failed, or QEMU did not answer in time.</exception>
    public Task<TResult> ExecuteAsync<TArguments, TResult>(
        QmpCommand<TArguments, TResult> command, TArguments arguments, CancellationToken cancellationToken) =>
        CallAsync(_control, command, arguments, _options.CommandTimeout, cancellationToken);

    /// <summary>Runs a command on the first line that takes a descriptor with it; QEMU gets a duplicate.</summary>
    /// <exception cref="QmpException">It failed, or QEMU did not answer in time.</exception>
    public Task<TResult> ExecuteAsync<TArguments, TResult>(
        QmpCommand<TArguments, TResult> command, TArguments arguments, SafeHandle descriptor, CancellationToken cancellationToken) =>
        CallAsync(_control, command, arguments, _options.CommandTimeout, cancellationToken, descriptor);

    /// <summary>Asks something on the second line.</summary>
    /// <exception cref="QmpException">It failed, or QEMU did not answer in time.</exception>
    public Task<TResult> ObserveAsync<TArguments, TResult>(
        QmpCommand<TArguments, TResult> command, TArguments arguments, CancellationToken cancellationToken) =>
        CallAsync(_observer, command, arguments, _options.SampleTimeout, cancellationToken);

    /// <summary>Lets go of QEMU, which runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await CloseConnectionsAsync();
        await _keeping;
        await _events;
        _ending.Dispose();
    }

    private async Task<TResult> CallAsync<TArguments, TResult>(
        QmpConnection connection, QmpCommand<TArguments, TResult> command, TArguments arguments, TimeSpan timeout,
        CancellationToken cancellationToken, SafeHandle? descriptor = null)
    {
        var began = _time.GetTimestamp();
        try
        {
            // A connection that is being made anew fails its commands at once, as closed.
            var result = await connection.ExecuteAsync(command, arguments, timeout, cancellationToken, descriptor: descriptor);
            Report("answered");
            ReportAnswer();
            return result;
        }
        catch (QmpException refusal) when (refusal.Error == QmpError.CommandFailed)
        {
            Report("refused");
            ReportAnswer();
            throw;
        }
        catch (QmpException silence) when (silence.Error == QmpError.TimedOut)
        {
            Report("silent");
            var why = _silent ? silence.Message : $"{silence.Message}; {await DiagnoseAsync(connection)}";
            _silent = true;
            _listener.OnHealth(MonitorHealth.Silent, why);
            throw;
        }

        void Report(string result) => _options.OnCommand?.Invoke(command.Name, result, _time.GetElapsedTime(began));
    }

    /// <summary>
    /// What kind of silence it is. A question out of band is answered beside QEMU's main loop: a QEMU that waits for its
    /// storage still answers it, one that is stopped or starved does not.
    /// </summary>
    private static async Task<string> DiagnoseAsync(QmpConnection connection)
    {
        try
        {
            await connection.ExecuteAsync(QmpCommands.QueryYank, OutOfBandPatience, CancellationToken.None, QmpLane.OutOfBand);
            return "out of band it answers: its main loop is held up, as by storage that does not answer";
        }
        catch (QmpException)
        {
            return "nor does it answer out of band: its process is stopped, or the host gives it no time";
        }
    }

    private void ReportAnswer()
    {
        if (_silent)
        {
            _silent = false;
            _listener.OnHealth(MonitorHealth.Answering, "the monitor answers again");
        }
    }

    private async Task ConnectAsync(MonitorSockets sockets, CancellationToken cancellationToken)
    {
        // The first line's events would only be read and thrown away: it takes none.
        var control = QmpConnection.OpenAsync(sockets.Control, _options.Limits with { MaxQueuedEvents = 0 }, _time, _logger, cancellationToken);
        var observer = QmpConnection.OpenAsync(sockets.Observer, _options.Limits, _time, _logger, cancellationToken);
        try
        {
            await Task.WhenAll(control, observer);
        }
        catch
        {
            await DisposeOpenedAsync(control);
            await DisposeOpenedAsync(observer);
            throw;
        }

        _control = await control;
        _observer = await observer;
        _events = PassEventsAsync(_observer);
    }

    private static async Task DisposeOpenedAsync(Task<QmpConnection> opening)
    {
        if (opening.IsCompletedSuccessfully)
        {
            await (await opening).DisposeAsync();
        }
    }

    private async Task KeepAsync()
    {
        var wait = _options.FirstRetry;
        while (!_ending.IsCancellationRequested)
        {
            var connected = _time.GetTimestamp();
            var reason = await await Task.WhenAny(_control.Closed, _observer.Closed);
            if (_ending.IsCancellationRequested)
            {
                return;
            }

            await CloseConnectionsAsync();
            await _events;
            _listener.OnHealth(MonitorHealth.Lost, $"the monitor's connection ended: {reason}");

            // A QEMU that floods or babbles the moment it is connected is not asked again and again without a pause.
            wait = _time.GetElapsedTime(connected) > _options.LastRetry ? _options.FirstRetry : wait;
            wait = await ReconnectAsync(wait);
        }
    }

    private async Task<TimeSpan> ReconnectAsync(TimeSpan wait)
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(wait, _time, _ending.Token);
                wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, _options.LastRetry.Ticks));
                await ConnectAsync(MonitorSockets.Connect(_directory), _ending.Token);
                _listener.OnHealth(MonitorHealth.Restored, "the monitor is connected again");
                return wait;
            }
            catch (Exception error) when (error is QmpException or SocketException or OperationCanceledException)
            {
                MonitorLog.ReconnectFailed(_logger, _directory.Path, error.Message);
            }
        }

        return wait;
    }

    private async Task CloseConnectionsAsync()
    {
        await _control.DisposeAsync();
        await _observer.DisposeAsync();
    }

    private async Task PassEventsAsync(QmpConnection observer)
    {
        // Ends when the connection does; whatever arrived before that is passed on first.
        await foreach (var item in observer.ReadEventsAsync(CancellationToken.None))
        {
            try
            {
                var data = QmpEventReader.Read(item);
                if (data is QmpEventData.Migration)
                {
                    Migration.Tell();
                }
                else if (GuestEvent.From(data) is { } said)
                {
                    while (!_listener.OnEvent(said, item.Timestamp))
                    {
                        await Task.Delay(FullPause, _time);
                    }
                }
            }
            catch (QmpException malformed)
            {
                MonitorLog.EventUnreadable(_logger, item.Name, malformed.Message);
            }
        }
    }
}
