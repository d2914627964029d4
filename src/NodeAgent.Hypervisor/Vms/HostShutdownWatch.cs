using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Holds logind's delay inhibitor as long as the agent runs, and lets go of it when the guests are down. Always, and not
/// only while a guest runs: an inhibitor that comes and goes with guests could be late for the first of them. Where no
/// logind delayed the shutdown, or not for long enough, the agent learns of it when it is told to leave itself: systemd
/// stops it before the guests' units, and waits for it.
/// </summary>
public sealed class HostShutdownWatch(BusConnection bus, HostShutdown ladder, VmServices services)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    // logind's clock began before its signal reached us.
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(500);

    // systemd and logind answer in milliseconds. Without systemd's answer the agent leaves as on any other day.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Login1 _login = new(bus);
    private ShutdownOutlook _outlook = new(false, null, "logind has not been reached");
    private SafeFileHandle? _inhibitor;
    private Task _running = Task.CompletedTask;
    private CancellationTokenSource? _calledOff;

    /// <summary>How a shutdown would go now.</summary>
    public ShutdownOutlook Outlook => Volatile.Read(ref _outlook);

    /// <summary>Told when guests are taken down although the agent was told to leave, with how long that may take.</summary>
    public Action<TimeSpan>? OnLeavingWithHost { get; set; }

    /// <summary>Watches until the agent leaves; where the host goes down, until the guests are down.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await WatchAsync(cancellationToken);
                await Task.Delay(Pause, services.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await LeaveAsync();
        }
        finally
        {
            _inhibitor?.Dispose();
            _calledOff?.Dispose();
        }
    }

    /// <summary>
    /// Asks logind again how long it waits. It reads its settings anew without a word to anybody, and may be gone; so this is
    /// for when somebody looks. Bounded, and without failure: what is wrong is in <see cref="Outlook"/>.
    /// </summary>
    public async Task RefreshAsync()
    {
        if (_inhibitor is null)
        {
            // Not yet, or not any more: whoever gets it will say how it stands.
            return;
        }

        try
        {
            Volatile.Write(ref _outlook, new ShutdownOutlook(true, await _login.GetInhibitDelayMaxAsync(CancellationToken.None).WaitAsync(Patience, services.Time), ""));
        }
        catch (Exception silent) when (silent is BusException or TimeoutException)
        {
            Volatile.Write(ref _outlook, new ShutdownOutlook(false, null, silent.Message));
        }
    }

    private async Task LeaveAsync()
    {
        if (await IsHostGoingDownAsync())
        {
            OnLeavingWithHost?.Invoke(services.Options.HostShutdown.Timeout);
            if (_calledOff is null)
            {
                Begin(isDelayed: false);
            }
        }
        else if (_calledOff is { } calledOff)
        {
            await calledOff.CancelAsync();
        }

        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> IsHostGoingDownAsync()
    {
        try
        {
            return await Systemd1.IsHostGoingDownAsync(bus, CancellationToken.None).WaitAsync(Patience, services.Time);
        }
        catch (Exception silent) when (silent is BusException or TimeoutException)
        {
            VmLog.ShutdownWatchBroken(services.Logger, silent.Message);
            return false;
        }
    }

    private void Begin(bool isDelayed)
    {
        _calledOff = new CancellationTokenSource();
        _running = TakeDownAsync(isDelayed, _calledOff.Token);
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var news = _login.WatchPrepareForShutdown();
        try
        {
            // The present state comes first, and again after each reconnection.
            await foreach (var goesDown in news.ReadAllAsync(cancellationToken))
            {
                if (!goesDown)
                {
                    await StandByAsync(cancellationToken);
                }
                else if (_calledOff is null)
                {
                    Begin(isDelayed: true);
                }
            }
        }
        catch (BusException broken)
        {
            VmLog.ShutdownWatchBroken(services.Logger, broken.Message);
        }
    }

    private async Task StandByAsync(CancellationToken cancellationToken)
    {
        if (_calledOff is { } calledOff)
        {
            await calledOff.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ladder.CallOffAsync();
            calledOff.Dispose();
            _calledOff = null;
        }

        try
        {
            // Taken anew each time, in case it is another logind than before; the old one is let go of afterwards.
            var former = _inhibitor;
            _inhibitor = await _login.InhibitShutdownAsync("NodeAgent", "Guests are shut down before the host", cancellationToken);
            former?.Dispose();
            Volatile.Write(ref _outlook, new ShutdownOutlook(true, await _login.GetInhibitDelayMaxAsync(cancellationToken), ""));
        }
        catch (BusException refused)
        {
            Volatile.Write(ref _outlook, new ShutdownOutlook(_inhibitor is not null, null, refused.Message));
            VmLog.ShutdownWatchBroken(services.Logger, refused.Message);
        }
    }

    // logind reads its settings anew without a word to anybody, so that what was true at the beginning may not be now.
    private async Task<TimeSpan?> ReadLongestDelayAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _login.GetInhibitDelayMaxAsync(cancellationToken).WaitAsync(Margin, services.Time, cancellationToken);
        }
        catch (Exception silent) when (silent is BusException or TimeoutException)
        {
            return Outlook.LongestDelay;
        }
    }

    private async Task TakeDownAsync(bool isDelayed, CancellationToken cancellationToken)
    {
        var limit = services.Options.HostShutdown.Timeout;
        if (isDelayed && await ReadLongestDelayAsync(cancellationToken) is { } longest && longest - Margin < limit)
        {
            limit = longest > Margin * 2 ? longest - Margin : longest / 2;
        }

        try
        {
            await ladder.RunAsync(limit, cancellationToken);
        }
        finally
        {
            _inhibitor?.Dispose();
            _inhibitor = null;
        }
    }
}
