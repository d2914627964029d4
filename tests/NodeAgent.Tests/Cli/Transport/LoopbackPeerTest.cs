using System.Net;
using System.Net.Sockets;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Tests.Cli.Transport;

public sealed class LoopbackPeerTest
{
    // As Linux prints /proc/net/tcp and /proc/net/tcp6: port 5901 is 170D, 40000 is 9C40.
    private static readonly string[] Table =
    [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:170D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
        "   1: 0100007F:170D 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1",
        "   2: 0100007F:9C40 0100007F:170D 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4 30 10 -1",
        "   3: 0000000000000000FFFF00000100007F:9C41 0000000000000000FFFF00000100007F:170D 01 00000000:00000000 00:00000000 00000000  1002        0 4 1 0 20 4 30 10 -1",
        "   4: 0200000A:9C42 0100007F:170D 01 00000000:00000000 00:00000000 00000000  1003        0 5 1 0 20 4 30 10 -1",
    ];

    [Theory]
    [InlineData(40000, 1001u)]
    [InlineData(40001, 1002u)]
    [InlineData(40002, null)]
    [InlineData(40003, null)]
    public void Table_tells_whose_the_other_end_is(int port, uint? user) => LoopbackPeer.OwnerOf(Table, port, 5901).ShouldBe(user);

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public async Task Own_connection_is_known_as_such(AddressFamily family)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var viewer = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family is AddressFamily.InterNetworkV6)
        {
            viewer.DualMode = true;
        }

        await viewer.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port, TestContext.Current.CancellationToken);
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        LoopbackPeer.IsOwn(accepted).ShouldBeTrue();
    }
}
