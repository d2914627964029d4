using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// A connection to D-Bus by libsystemd. A bus that dies and comes back is an episode: what waits for an answer fails with
/// <see cref="BusFailure.Disconnected"/>, the connection is made anew (after 0.1 s, doubling to 5 s), and subscriptions
/// go on. May be used from any thread; none of its members waits for the bus without an end.
/// </summary>
public sealed class BusConnection : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly BusOptions _options;
    private readonly TimeProvider _time;
    private readonly BusThread _thread;
    private volatile bool _isDisposed;

    private BusConnection(BusOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time) = (options, time);
        _thread = new BusThread(options, time, logger);
    }

    /// <summary>Whether this host has libsystemd at all.</summary>
    public static bool IsAvailable => LibSystemd.IsAvailable;

    /// <summary>Whether it is connected at this moment.</summary>
    public bool IsConnected => _thread.Line.IsReady;

    internal TimeProvider Time => _time;

    /// <summary>Begins to connect and returns at once.</summary>
    /// <exception cref="BusException"><see cref="BusFailure.LibraryMissing"/>.</exception>
    public static BusConnection Open(BusOptions options, TimeProvider time, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        return LibSystemd.IsAvailable
            ? new BusConnection(options, time, logger)
            : throw new BusException(
                BusFailure.LibraryMissing, $"{LibSystemd.Name} is not installed. It comes with systemd; without it VMs are started directly.");
    }

    /// <summary>Waits until it is connected.</summary>
    /// <exception cref="BusException"><see cref="BusFailure.Disconnected"/>: it was not in time.</exception>
    public async Task WaitConnectedAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var link = WatchLink();
        using var timer = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await foreach (var state in link.ReadAllAsync(either.Token))
            {
                if (state == BusLink.Connected)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
        }

        throw BusException.Disconnected("waiting for the bus", wasSent: false);
    }

    /// <summary>Tells whether it is connected: how it stands now, then each change.</summary>
    public BusStream<BusLink> WatchLink()
    {
        var stream = new BusStream<BusLink>();
        _thread.Post(line => line.Watch(stream));
        return stream.EndingWith(() => _thread.Post(line => line.Unwatch(stream)));
    }

    /// <summary>Ends the connection; requests under way fail. Returns within two seconds in any case.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        _thread.Stop();
        await _thread.Ended.WaitAsync(StopTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Asks and waits for the answer.</summary>
    /// <param name="call">The method.</param>
    /// <param name="write">Writes the arguments, on the thread of the bus.</param>
    /// <param name="read">Reads the answer, on the thread of the bus.</param>
    /// <param name="cancellationToken">Ends the waiting; the request may be carried out all the same.</param>
    /// <exception cref="BusException">It failed.</exception>
    internal async Task<T> CallAsync<T>(BusCall call, Action<BusWriter> write, Func<BusReader, T> read, CancellationToken cancellationToken)
    {
        var pending = new PendingCall<T>(call, write, read);
        Post(pending);
        try
        {
            return await pending.Completion.WaitAsync(_options.CallTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            _thread.Post(line => line.Forget(pending));
            throw BusException.TimedOut($"{call}", wasSent: true);
        }
        catch (OperationCanceledException)
        {
            _thread.Post(line => line.Forget(pending));
            throw;
        }
    }

    /// <summary>Asks; the answer is taken on the thread of the bus.</summary>
    internal void Post(PendingCall call)
    {
        if (_isDisposed)
        {
            call.Fail(BusException.Disconnected($"{call.Call}", wasSent: false));
            return;
        }

        _thread.Post(line => line.Take(call));
    }

    internal void Subscribe(BusSubscription subscription) => _thread.Post(line => line.Add(subscription));

    internal void Unsubscribe(BusSubscription subscription) => _thread.Post(line => line.Remove(subscription));

    /// <summary>A stream of what a subscription tells.</summary>
    /// <param name="match">Which signals.</param>
    /// <param name="read">Reads one, on the thread of the bus.</param>
    /// <param name="onReset">May ask for the present state at each new beginning; see <see cref="BusSubscription.OnReset"/>.</param>
    internal BusStream<T> Watch<T>(BusMatch match, Func<BusReader, T> read, Action<BusStream<T>>? onReset = null)
    {
        var stream = new BusStream<T>();
        var subscription = new BusSubscription(match.Sender, [match])
        {
            OnSignal = signal => stream.Tell(read(signal.Body)),
            OnReset = () => onReset?.Invoke(stream),
            OnEnd = stream.Fail,
        };
        Subscribe(subscription);
        return stream.EndingWith(() => Unsubscribe(subscription));
    }
}
