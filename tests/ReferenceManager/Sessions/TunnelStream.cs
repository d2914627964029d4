using Google.Protobuf;
using Grpc.Core;
using NodeAgent.Manager.V1;

namespace ReferenceManager.Sessions;

/// <summary>
/// A tunnel as a stream of bytes. One reads and one writes, at the same time, as over a socket. Whoever uses it may dispose
/// of it in the middle of either, but the call below must not be left so: the server gives the connection's stream to its
/// next call, which would find a read under way (<see cref="RestAsync"/>).
/// </summary>
internal sealed class TunnelStream(IAsyncStreamReader<OpenTunnelRequest> requests, IServerStreamWriter<OpenTunnelResponse> responses, ByteString first) : Stream
{
    private const int MostMessageBytes = 32 * 1024;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private ReadOnlyMemory<byte> _rest = first.Memory;
    private Task _reading = Task.CompletedTask, _writing = Task.CompletedTask;

    /// <summary>Completes when this end closed it.</summary>
    public Task Closed => _closed.Task;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_rest.IsEmpty)
        {
            var reading = WithinCallAsync(requests.MoveNext, cancellationToken);
            _reading = reading;
            if (!await reading)
            {
                return 0;
            }

            _rest = requests.Current.Data.Memory;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(buffer.Length, MostMessageBytes)..])
        {
            // A copy, because the caller fills its buffer anew as soon as this returns.
            var data = ByteString.CopyFrom(buffer.Span[..Math.Min(buffer.Length, MostMessageBytes)]);
            var writing = WithinCallAsync(async stop =>
            {
                await responses.WriteAsync(new OpenTunnelResponse { Data = data }, stop);
                return true;
            }, cancellationToken);
            _writing = writing;
            await writing;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Each message is sent when it is written.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("a tunnel is read asynchronously");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a tunnel is written asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Cuts short what is under way and waits for its end; the call may return then.</summary>
    public async Task RestAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_reading, _writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override void Dispose(bool disposing)
    {
        _closed.TrySetResult();
        base.Dispose(disposing);
    }

    // A call that is over fails in ways of its own; users of a stream know IOException.
    private async Task<bool> WithinCallAsync(Func<CancellationToken, Task<bool>> action, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _over.Token);
        try
        {
            return await action(either.Token);
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new IOException("the tunnel is closed", error);
        }
    }
}
