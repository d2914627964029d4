using System.Net.Sockets;
using System.Text;

namespace NodeAgent.Tests.Systemd;

/// <summary>A service manager: a datagram socket that notifications are sent to.</summary>
internal sealed class FakeSystemd : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <param name="path">A path, or "@name" for an abstract one.</param>
    public FakeSystemd(string path) => _socket.Bind(new UnixDomainSocketEndPoint(path.Replace('@', '\0')));

    /// <summary>The next notification.</summary>
    public async Task<string> NextAsync()
    {
        var buffer = new byte[65536];
        var cancellation = TestContext.Current.CancellationToken;
        var received = await _socket.ReceiveAsync(buffer, cancellation).AsTask().WaitAsync(Patience, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, received);
    }

    /// <summary>The next notification that is none of a kind.</summary>
    public async Task<string> NextButAsync(string prefix)
    {
        while (true)
        {
            if (await NextAsync() is var next && !next.StartsWith(prefix, StringComparison.Ordinal))
            {
                return next;
            }
        }
    }

    /// <summary>How many bytes wait.</summary>
    public int Available => _socket.Available;

    public void Dispose() => _socket.Dispose();
}
