using System.Net.Sockets;
using System.Text;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>Reads what a process prints for as long as it prints, and keeps the end of it.</summary>
internal sealed class LastWords : IDisposable
{
    private const int Kept = 4096;

    private static readonly TimeSpan DrainPatience = TimeSpan.FromMilliseconds(500);

    private readonly Socket _socket;
    private readonly Lock _lock = new();
    private readonly List<byte> _tail = [];
    private readonly Task _reading;

    /// <summary>Reads from a socket, which belongs to this object from now on.</summary>
    public LastWords(Socket socket)
    {
        _socket = socket;
        _reading = ReadLoopAsync();
    }

    /// <summary>The end of what was printed, after the process has ended or been given up.</summary>
    public async Task<string> ReadAsync(TimeProvider time)
    {
        await Task.WhenAny(_reading, Task.Delay(DrainPatience, time));
        lock (_lock)
        {
            var text = Encoding.UTF8.GetString([.. _tail]);
            return string.Concat(text.Select(c => char.IsControl(c) && c is not '\n' ? '\ufffd' : c)).Trim();
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadLoopAsync()
    {
        var buffer = new byte[Kept];
        try
        {
            while (await _socket.ReceiveAsync(buffer, SocketFlags.None) is var got and > 0)
            {
                lock (_lock)
                {
                    _tail.AddRange(buffer.AsSpan(0, got));
                    _tail.RemoveRange(0, Math.Max(0, _tail.Count - Kept));
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Nobody prints any more, or nobody wants to know.
        }
    }
}
