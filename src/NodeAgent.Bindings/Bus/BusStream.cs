using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NodeAgent.Bindings.Bus;

/// <summary>
/// News from the bus, in order, for one reader who may take his time: up to 1,024 wait, and then the stream ends
/// with <see cref="BusFailure.Lagging"/> instead of growing or losing one in silence. Dispose it to unsubscribe.
/// </summary>
/// <typeparam name="T">What is told.</typeparam>
public sealed class BusStream<T> : IDisposable
{
    private const int Capacity = 1024;

    private readonly Channel<T> _news = Channel.CreateBounded<T>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, AllowSynchronousContinuations = false });

    private Action? _unsubscribe;

    internal BusStream()
    {
    }

    /// <summary>Reads until it is cancelled or the stream is disposed.</summary>
    /// <exception cref="BusException">It was read too slowly, or the bus refused the subscription.</exception>
    public async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var news in _news.Reader.ReadAllAsync(cancellationToken))
        {
            yield return news;
        }
    }

    /// <summary>Unsubscribes; a reader's loop ends.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref _unsubscribe, null)?.Invoke();
        _news.Writer.TryComplete();
    }

    internal BusStream<T> EndingWith(Action unsubscribe)
    {
        _unsubscribe = unsubscribe;
        return this;
    }

    internal void Tell(T news)
    {
        if (!_news.Writer.TryWrite(news))
        {
            _news.Writer.TryComplete(new BusException(BusFailure.Lagging, $"More than {Capacity} news from the bus wait to be read."));
        }
    }

    internal void Fail(Exception failure) => _news.Writer.TryComplete(failure);
}
