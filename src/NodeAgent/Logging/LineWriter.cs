using System.Threading.Channels;

namespace NodeAgent.Logging;

/// <summary>
/// Writes messages from a bounded queue, so that a reader who stands still (a full pipe, a stuck terminal, a busy
/// journal) delays nobody. What does not fit is dropped, counted, and said in a message of its own.
/// </summary>
internal sealed class LineWriter : IAsyncDisposable
{
    private const int Capacity = 4096;

    private readonly Channel<byte[]> _messages = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly ILogOutput _output;
    private readonly Func<LogEntry, byte[]> _form;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private long _dropped;

    /// <summary>Begins.</summary>
    /// <param name="output">Where messages go; disposed of with this.</param>
    /// <param name="form">Gives a message its form.</param>
    /// <param name="time">The clock.</param>
    public LineWriter(ILogOutput output, Func<LogEntry, byte[]> form, TimeProvider time)
    {
        _output = output;
        _form = form;
        _time = time;
        _loop = Task.Run(WriteAsync);
    }

    /// <summary>How many messages were dropped so far.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Queues a message.</summary>
    public void Write(LogEntry entry)
    {
        if (!_messages.Writer.TryWrite(_form(entry)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what is queued, for at most two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await Task.WhenAny(_loop, Task.Delay(TimeSpan.FromSeconds(2), _time));
        _output.Dispose();
    }

    private async Task WriteAsync()
    {
        var told = 0L;
        await foreach (var message in _messages.Reader.ReadAllAsync())
        {
            try
            {
                await _output.WriteAsync(message);
                var dropped = Dropped;
                if (dropped != told)
                {
                    var note = new LogEntry(_time.GetUtcNow(), LogLevel.Warning, "NodeAgent.Logging", $"{dropped - told} log messages were dropped because nobody read them");
                    await _output.WriteAsync(_form(note));
                    told = dropped;
                }
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // The reader is gone. The agent goes on; there is nobody to tell.
                Interlocked.Increment(ref _dropped);
            }
        }
    }
}
