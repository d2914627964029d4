using System.Buffers;
using System.Net.Sockets;

namespace NodeAgent.Bindings.Qmp;

/// <summary>
/// Cuts what a socket delivers into lines. Holds a buffer only while part of a line is in it: a connection on which
/// nothing happens waits with an empty read, so that hundreds of idle monitors cost almost nothing.
/// </summary>
internal sealed class LineReader(Socket socket, int maxLineBytes) : IDisposable
{
    private const int InitialBytes = 8 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _scanned;
    private int _end;

    /// <summary>Whether an unfinished line is held.</summary>
    public bool HasPartialLine => _end > _start;

    /// <summary>Whether the unfinished line has already used up what a line may have.</summary>
    public bool IsTooLong => _end - _start >= maxLineBytes;

    /// <summary>Takes the next whole line, without its end. The span is valid until the next call of <see cref="FillAsync"/>.</summary>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        int length = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        if (length < 0)
        {
            _scanned = _end;
            line = default;
            return false;
        }

        int end = _scanned + length;
        line = _buffer.AsSpan(_start, end - _start).TrimEnd((byte)'\r');
        _start = _scanned = end + 1;
        return true;
    }

    /// <summary>
    /// Waits for more bytes; false at the end of the stream. To be called when <see cref="TryTake"/> found nothing and
    /// <see cref="IsTooLong"/> is false.
    /// </summary>
    public async ValueTask<bool> FillAsync()
    {
        if (!HasPartialLine)
        {
            Release();
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        }

        MakeRoom();
        int received = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        _end += received;
        return received > 0;
    }

    public void Dispose() => Release();

    private void MakeRoom()
    {
        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(InitialBytes);
        }
        else if (_start > 0)
        {
            Move(_buffer);
        }
        else if (_end == _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(_buffer.Length * 2L, maxLineBytes));
            byte[] smaller = _buffer;
            Move(larger);
            _buffer = larger;
            ArrayPool<byte>.Shared.Return(smaller);
        }
    }

    private void Move(byte[] target)
    {
        Buffer.BlockCopy(_buffer, _start, target, 0, _end - _start);
        _end -= _start;
        _scanned -= _start;
        _start = 0;
    }

    private void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
        _start = _scanned = _end = 0;
    }
}
