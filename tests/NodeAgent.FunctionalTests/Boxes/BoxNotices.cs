using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NodeAgent.FunctionalTests.Boxes;

/// <summary>What systemd-nspawn tells of a box, as any service may tell its supervisor: see sd_notify(3).</summary>
internal sealed class BoxNotices : IDisposable
{
    private const string LeaderKey = "X_NSPAWN_LEADER_PID=", Ready = "READY=1";

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    private BoxNotices(string name) => Address = $"@nodeagent-box/{name}";

    /// <summary>For NOTIFY_SOCKET. In the abstract namespace, which needs no clearing up.</summary>
    public string Address { get; }

    /// <summary>Listens for one box.</summary>
    public static BoxNotices Bind(string name)
    {
        var notices = new BoxNotices(name);
        notices._socket.Bind(new UnixDomainSocketEndPoint('\0' + notices.Address[1..]));
        return notices;
    }

    /// <summary>Waits until the box has started all that it is to start; gives the pid of its first process.</summary>
    public async Task<int> UntilUpAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        int? leader = null;
        while (true)
        {
            var length = await _socket.ReceiveAsync(buffer, cancellationToken);
            var lines = Encoding.UTF8.GetString(buffer, 0, length).Split('\n');
            if (lines.FirstOrDefault(line => line.StartsWith(LeaderKey, StringComparison.Ordinal)) is { } told)
            {
                leader = int.Parse(told[LeaderKey.Length..], CultureInfo.InvariantCulture);
            }

            if (lines.Contains(Ready) && leader is { } pid)
            {
                return pid;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
