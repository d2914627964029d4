using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace NodeAgent.Systemd;

/// <summary>
/// Tells the service manager what the agent does (sd_notify(3)). Whoever says something waits for nobody: it is queued,
/// and sent in order as fast as the manager takes it.
/// </summary>
internal sealed class NotifySocket : IAsyncDisposable
{
    private const int Capacity = 1024;
    private static readonly TimeSpan LastWordsPatience = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _queue = Channel.CreateBounded<string>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly UnixDomainSocketEndPoint? _manager;
    private readonly Task _loop;
    private Socket? _socket;

    /// <summary>Begins.</summary>
    /// <param name="path">Absolute path, or "@name" for an abstract one; <c>null</c> to tell nobody.</param>
    public NotifySocket(string? path)
    {
        _manager = path is null ? null : new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        _loop = _manager is null ? Task.CompletedTask : Task.Run(SendAsync);
    }

    /// <summary>Says something: lines of the form NAME=value.</summary>
    public void Send(string message)
    {
        if (_manager is not null)
        {
            // When a thousand wait, the manager hangs, and what is new would be late anyway.
            _ = _queue.Writer.TryWrite(message);
        }
    }

    /// <summary>Sends what is queued, for at most a second.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(_loop, Task.Delay(LastWordsPatience, TimeProvider.System));
        _socket?.Dispose();
    }

    private async Task SendAsync()
    {
        await foreach (var message in _queue.Reader.ReadAllAsync())
        {
            var bytes = Encoding.UTF8.GetBytes(message);
            if (!await TrySendAsync(bytes))
            {
                // A manager that was begun anew has another socket at the same path.
                await TrySendAsync(bytes);
            }
        }
    }

    private async Task<bool> TrySendAsync(byte[] bytes)
    {
        try
        {
            if (_socket is null)
            {
                _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
                await _socket.ConnectAsync(_manager!);
            }

            await _socket.SendAsync(bytes);
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            _socket?.Dispose();
            _socket = null;
            return false;
        }
    }
}
