using System.Buffers;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NodeAgent.Hypervisor.Consoles;

/// <summary>A piece of console output for one client.</summary>
/// <param name="Output">The bytes.</param>
/// <param name="DroppedBytes">How many bytes before them were lost because the client did not keep up.</param>
public readonly record struct ConsoleChunk(ReadOnlyMemory<byte> Output, long DroppedBytes);

/// <summary>Somebody who looks at a console.</summary>
public sealed class ConsoleClient : IDisposable
{
    // What a client that has stopped reading costs at the most. Bytes, not pieces: a guest's serial port gives them singly.
    private const int Capacity = 512 * 1024;

    private readonly VmConsole _console;
    private readonly bool _readOnly;
    private readonly Lock _gate = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    private ArrayBufferWriter<byte> _waiting = new();
    private int _limit;
    private long _lostBefore, _lostAfter;

    internal ConsoleClient(VmConsole console, byte[] history, bool readOnly)
    {
        _console = console;
        _readOnly = readOnly;
        _limit = history.Length + Capacity;
        if (history.Length > 0)
        {
            _waiting.Write(history);
            _signal.Writer.TryWrite(true);
        }
    }

    /// <summary>What the guest writes, as much at once as has come; ends when this client is disposed.</summary>
    public async IAsyncEnumerable<ConsoleChunk> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var _ in _signal.Reader.ReadAllAsync(cancellationToken))
        {
            yield return Take();
        }
    }

    /// <summary>Types something.</summary>
    /// <exception cref="InvalidOperationException">This client only looks.</exception>
    /// <exception cref="IOException">The VM does not run.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        _readOnly ? throw new InvalidOperationException("this client was attached to look only") : _console.WriteAsync(input, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _console.Remove(this);
        _signal.Writer.TryComplete();
    }

    // Once something was lost, all is lost until the client reads, so that what it is told stands in its place.
    internal void Offer(byte[] output)
    {
        lock (_gate)
        {
            if (_lostAfter > 0 || _waiting.WrittenCount + output.Length > _limit)
            {
                _lostAfter += output.Length;
            }
            else
            {
                _waiting.Write(output);
            }
        }

        _signal.Writer.TryWrite(true);
    }

    private ConsoleChunk Take()
    {
        lock (_gate)
        {
            var chunk = new ConsoleChunk(_waiting.WrittenMemory, _lostBefore);
            (_waiting, _limit) = (new ArrayBufferWriter<byte>(), Capacity);
            (_lostBefore, _lostAfter) = (_lostAfter, 0);
            if (_lostBefore > 0)
            {
                _signal.Writer.TryWrite(true);
            }

            return chunk;
        }
    }
}
