namespace NodeAgent.Systemd;

/// <summary>
/// Feeds the service manager's watchdog (sd_notify(3), WATCHDOG=1) for as long as the agent's own loops come round. What
/// a guest, a QEMU, a full disk or the bus does is no reason to end the agent; a loop that is dead is one, because only
/// a new agent mends it. Guests run on. That it is fed at all shows that the thread pool and the timers live.
/// </summary>
internal sealed partial class Watchdog(NotifySocket socket, ServiceReport report, IReadOnlyList<LifeProbe> probes, TimeProvider time, ILogger<Watchdog> log) : IDisposable
{
    private ITimer? _timer;
    private bool _isStarved;

    /// <summary>Feeds it now and at half its period.</summary>
    public void Begin(TimeSpan period) => _timer = time.CreateTimer(_ => Look(), null, TimeSpan.Zero, period / 2);

    public void Dispose() => _timer?.Dispose();

    /// <summary>Feeds it once, if nothing is missed.</summary>
    internal void Look()
    {
        // All are asked, whatever the first of them answers.
        string[] missed = [.. probes.Select(probe => probe.Look()).OfType<string>()];
        if (missed.Length == 0)
        {
            socket.Send("WATCHDOG=1");
        }

        if (missed.Length > 0 != _isStarved)
        {
            _isStarved = missed.Length > 0;
            var what = string.Join(", ", missed);
            report.Trouble(_isStarved ? what : null);
            if (_isStarved)
            {
                LogStarved(what);
            }
            else
            {
                LogFed();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The watchdog is not fed any more, so that systemd starts the agent anew; guests run on: {Missed}")]
    private partial void LogStarved(string missed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "All loops answer again; the watchdog is fed")]
    private partial void LogFed();
}
