using System.Threading.Channels;

namespace NodeAgent.Logging;

/// <summary>
/// Writes log lines to a stream from a bounded queue, so that a reader who stands still (a full pipe, a stuck
/// terminal) delays nobody. What does not fit is dropped, counted, and said in a line of its own.
/// </summary>
internal sealed class LineWriter : IAsyncDisposable
{
    private const int Capacity = 4096;

    private readonly Channel<byte[]> _lines = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Stream _output;
    private readonly Task _loop;
    private long _dropped;

    public LineWriter(Stream output)
    {
        _output = output;
        _loop = Task.Run(WriteAsync);
    }

    /// <summary>How many lines were dropped so far.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Queues a line, which ends in a line feed.</summary>
    public void Write(byte[] line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what is queued, for at most two seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await Task.WhenAny(_loop, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System));
    }

    private async Task WriteAsync()
    {
        var told = 0L;
        await foreach (var line in _lines.Reader.ReadAllAsync())
        {
            try
            {
                // One write a line: lines of several processes on one terminal or pipe do not mix.
                await _output.WriteAsync(line);
                var dropped = Dropped;
                if (dropped != told)
                {
                    await _output.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{dropped - told} log lines were dropped because nobody read them\n"));
                    told = dropped;
                }
            }
            catch (IOException)
            {
                // The reader is gone. The agent goes on; there is nobody to tell.
                Interlocked.Increment(ref _dropped);
            }
        }
    }
}
