using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// The connection over all its lives: waiting, opening, ready, and waiting again when it breaks. Used only on the thread
/// of the bus; times come from the clock as posted actions.
/// </summary>
internal sealed class BusLine : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly BusOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<Action<BusLine>> _post;
    private readonly SubscriptionBook _book;
    private readonly List<PendingCall> _held = [];
    private readonly List<BusStream<BusLink>> _watchers = [];
    private BusSession? _session;
    private volatile bool _isReady;
    private TimeSpan _delay = FirstDelay;
    private ITimer? _timer;
    private long _round;

    public BusLine(BusOptions options, TimeProvider time, ILogger logger, Action<Action<BusLine>> post)
    {
        (_options, _time, _logger, _post) = (options, time, logger, post);
        _book = new SubscriptionBook(logger, call => _session?.Send(call));
    }

    /// <summary>Connected. May be read from any thread.</summary>
    public bool IsReady => _isReady;

    public (int Descriptor, short Events, int Milliseconds) Interest => _session?.Interest ?? (-1, 0, -1);

    /// <summary>Begins to connect.</summary>
    public void Open()
    {
        Arm(_options.OpenTimeout, line => line.Lose("no answer in time"));
        try
        {
            _session = BusSession.Start(_options.Address, _book.Take);
        }
        catch (BusException unreachable)
        {
            Retry(unreachable.Message);
        }
    }

    /// <summary>Handles what came. True when there may be more at once.</summary>
    public bool Turn()
    {
        if (_session is null)
        {
            return false;
        }

        if (_session.Pump() is not { } more)
        {
            Lose("it was closed");
            return false;
        }

        if (!_isReady && _session.IsReady)
        {
            Begin();
        }

        return more;
    }

    public void Take(PendingCall call)
    {
        if (_isReady)
        {
            _session!.Send(call);
        }
        else if (_session is not null)
        {
            // While it is being opened a request waits: what makes signals come must be sent before it.
            _held.Add(call);
        }
        else
        {
            call.Fail(BusException.Disconnected($"{call.Call}", wasSent: false));
        }
    }

    public void Forget(PendingCall call)
    {
        _held.Remove(call);
        _session?.Forget(call);
        call.Discard();
    }

    public void Add(BusSubscription subscription) => _book.Add(subscription);

    public void Remove(BusSubscription subscription) => _book.Remove(subscription);

    public void Watch(BusStream<BusLink> watcher)
    {
        _watchers.Add(watcher);
        watcher.Tell(_isReady ? BusLink.Connected : BusLink.Disconnected);
    }

    public void Unwatch(BusStream<BusLink> watcher) => _watchers.Remove(watcher);

    /// <summary>Breaks the connection, fails what waits for an answer, and tries anew after a while.</summary>
    public void Lose(string problem)
    {
        var wasReady = _isReady;
        End();
        if (wasReady)
        {
            BusLog.Lost(_logger);
            _watchers.ForEach(watcher => watcher.Tell(BusLink.Disconnected));
        }

        Retry(problem);
    }

    public void Dispose()
    {
        Disarm();
        End();
        _book.End();
        _watchers.ForEach(watcher => watcher.Dispose());
    }

    private void Begin()
    {
        Disarm();
        _isReady = true;
        _delay = FirstDelay;
        BusLog.Connected(_logger);
        _book.Connected();
        _held.ForEach(_session!.Send);
        _held.Clear();
        _watchers.ForEach(watcher => watcher.Tell(BusLink.Connected));
    }

    private void End()
    {
        _isReady = false;
        _book.Disconnected();
        _session?.Dispose();
        _session = null;
        _held.ForEach(call => call.Fail(BusException.Disconnected($"{call.Call}", wasSent: false)));
        _held.Clear();
    }

    private void Retry(string problem)
    {
        Arm(_delay, line => line.Open());
        BusLog.Unreachable(_logger, problem, _delay);
        _delay = _delay * 2 < LongestDelay ? _delay * 2 : LongestDelay;
    }

    private void Arm(TimeSpan delay, Action<BusLine> action)
    {
        Disarm();
        var round = _round;
        _timer = _time.CreateTimer(
            _ => _post(line =>
            {
                // It may have been on its way here when it was disarmed.
                if (line._round == round)
                {
                    action(line);
                }
            }),
            null, delay, Timeout.InfiniteTimeSpan);
    }

    private void Disarm()
    {
        _round++;
        _timer?.Dispose();
        _timer = null;
    }
}
