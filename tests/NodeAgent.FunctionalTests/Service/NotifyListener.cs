using System.Net.Sockets;
using System.Text;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Service;

/// <summary>The end of a service manager that services notify.</summary>
internal sealed class NotifyListener : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nodeagent-notify-").FullName;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public NotifyListener() => _socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_directory, "notify")));

    /// <summary>The variable that tells a service of it.</summary>
    public string Variable => $"NOTIFY_SOCKET={Path.Combine(_directory, "notify")}";

    /// <summary>Waits for a notification that has a text in it; those before it are passed over, and given to <paramref name="passed"/>.</summary>
    public async Task<string> UntilAsync(string text, List<string>? passed = null)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var buffer = new byte[65536];
        while (true)
        {
            var message = Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, limit.Token));
            if (message.Contains(text, StringComparison.Ordinal))
            {
                return message;
            }

            passed?.Add(message);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
