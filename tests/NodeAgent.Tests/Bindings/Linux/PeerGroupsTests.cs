using System.Diagnostics;
using System.Net.Sockets;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class PeerGroupsTests
{
    [Fact]
    public async Task Caller_in_more_groups_than_usual_is_known_to_be_in_all_of_them()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root gives a process groups.");
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var groups = Enumerable.Range(5000, 600).Select(gid => (uint)gid).ToArray();
        using var caller = Process.Start(new ProcessStartInfo("setpriv", ["--groups", string.Join(',', groups), "python3", "-c", "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(1)", path]))!;
        try
        {
            using var peer = await listener.AcceptAsync(TestContext.Current.CancellationToken);

            PeerCredentials.GroupsOf(peer).ShouldBe(groups);
        }
        finally
        {
            caller.Kill();
            await caller.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public void Whose_groups_cannot_be_known_is_not_believed_to_be_in_none()
    {
        using var alone = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        Should.Throw<SocketException>(() => PeerCredentials.GroupsOf(alone));
    }
}
