using System.Threading.Channels;

namespace NodeAgent.Hypervisor.Consoles;

/// <summary>A piece of console output for one client.</summary>
/// <param name="Output">The bytes.</param>
/// <param name="DroppedBytes">How many bytes before them were lost because the client did not keep up.</param>
public readonly record struct ConsoleChunk(ReadOnlyMemory<byte> Output, long DroppedBytes);

/// <summary>Somebody who looks at a console.</summary>
public sealed class ConsoleClient : IDisposable
{
    // 256 chunks of at most 2 KiB: what a client that has stopped reading costs at the most.
    private const int Capacity = 256;

    private readonly VmConsole _console;
    private readonly bool _readOnly;
    private readonly Channel<ConsoleChunk> _output = Channel.CreateBounded<ConsoleChunk>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    private long _dropped;

    internal ConsoleClient(VmConsole console, byte[] history, bool readOnly)
    {
        _console = console;
        _readOnly = readOnly;
        if (history.Length > 0)
        {
            _output.Writer.TryWrite(new ConsoleChunk(history, 0));
        }
    }

    /// <summary>What the guest writes; ends when this client is disposed.</summary>
    public ChannelReader<ConsoleChunk> Output => _output.Reader;

    /// <summary>Types something.</summary>
    /// <exception cref="InvalidOperationException">This client only looks.</exception>
    /// <exception cref="IOException">The VM does not run.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken) =>
        _readOnly ? throw new InvalidOperationException("this client was attached to look only") : _console.WriteAsync(input, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _console.Remove(this);
        _output.Writer.TryComplete();
    }

    // Called under the console's lock, so dropped bytes are told in their place.
    internal void Offer(byte[] output)
    {
        if (_output.Writer.TryWrite(new ConsoleChunk(output, _dropped)))
        {
            _dropped = 0;
        }
        else
        {
            _dropped += output.Length;
        }
    }
}
