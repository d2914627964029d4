using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NodeAgent.Bindings.Qmp;

/// <summary>Events between the read loop, which never waits, and their one reader; bounded in number and in bytes.</summary>
internal sealed class EventQueue
{
    private readonly Channel<QmpEvent>? _channel;
    private readonly int _maxBytes;
    private int _bytes;

    public EventQueue(QmpLimits limits)
    {
        _maxBytes = limits.MaxQueuedEventBytes;
        if (limits.MaxQueuedEvents > 0)
        {
            _channel = Channel.CreateBounded<QmpEvent>(
                new BoundedChannelOptions(limits.MaxQueuedEvents) { SingleReader = true, SingleWriter = true });
        }
    }

    /// <summary>Adds an event; false when it finds no room, after which the order of events can no longer be kept.</summary>
    public bool TryAdd(QmpEvent item)
    {
        if (_channel is null)
        {
            return true;
        }

        // Counted before it is written, so that the reader can never subtract first.
        return Interlocked.Add(ref _bytes, item.Data.Length) <= _maxBytes && _channel.Writer.TryWrite(item);
    }

    /// <summary>No more events will come; those already queued can still be read.</summary>
    public void Complete() => _channel?.Writer.TryComplete();

    public async IAsyncEnumerable<QmpEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_channel is null)
        {
            yield break;
        }

        await foreach (QmpEvent item in _channel.Reader.ReadAllAsync(cancellationToken))
        {
            Interlocked.Add(ref _bytes, -item.Data.Length);
            yield return item;
        }
    }
}
