using System.Net.Sockets;
using System.Runtime.InteropServices;
using NodeAgent.Bindings.Linux;
using NodeAgent.Configuration;
using NodeAgent.Hosting;
using NodeAgent.Systemd;

namespace NodeAgent.Tests.Hosting;

/// <summary>What a service manager hands over: a descriptor of its own socket, as this process sees it after exec.</summary>
public sealed partial class HandedSocketTests : IDisposable
{
    private const int GetFlags = 1, SetFlags = 2, CloseOnExecFlag = 1;
    private readonly TemporaryDirectory _directory = new();

    private string SocketPath => Path.Combine(_directory.Path, "handed.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_handed_socket_is_served_and_its_file_stays_the_managers()
    {
        using var manager = UnixListener.Listen(SocketPath);
        File.SetUnixFileMode(SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // Somebody who came before the agent did.
        using var early = UnixListener.Connect(SocketPath);
        using (var sockets = ApiSockets.Bind(Options(), [Hand(manager)]))
        {
            sockets.Paths.ShouldBe([SocketPath]);
            using var served = sockets[SocketPath];
            using var accepted = await served.AcceptAsync(TestContext.Current.CancellationToken);
            accepted.Connected.ShouldBeTrue();
        }

        File.GetUnixFileMode(SocketPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Exists(SocketPath + ".lock").ShouldBeFalse();

        // The manager listens on, for the next agent.
        UnixListener.Connect(SocketPath).Dispose();
    }

    [Fact]
    public void Sockets_that_are_configured_are_served_besides_and_one_of_the_same_path_is_the_managers()
    {
        using var manager = UnixListener.Listen(SocketPath);
        var other = Path.Combine(_directory.Path, "other.sock");

        using var sockets = ApiSockets.Bind(Options() with { ListenPaths = [SocketPath, other] }, [Hand(manager)]);

        sockets.Paths.ShouldBe([SocketPath, other]);
        File.Exists(other + ".lock").ShouldBeTrue();
        File.Exists(SocketPath + ".lock").ShouldBeFalse();
        sockets[other].Dispose();
        sockets[SocketPath].Dispose();
        File.Exists(SocketPath).ShouldBeTrue();
    }

    [Fact]
    public void A_descriptor_by_another_name_is_refused_with_the_remedy()
    {
        using var manager = UnixListener.Listen(SocketPath);

        Should.Throw<StartException>(() => ApiSockets.Bind(Options(), [Hand(manager, "nodeagentd.socket")]))
            .Message.ShouldContain("FileDescriptorName=api");
    }

    [Fact]
    public void What_is_no_listening_stream_socket_is_refused()
    {
        using var file = File.OpenHandle("/dev/null");
        using var datagrams = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var network = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        network.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        network.Listen();

        foreach (SafeHandle handle in new SafeHandle[] { file, datagrams.SafeHandle, silent.SafeHandle, network.SafeHandle })
        {
            Should.Throw<StartException>(() => ApiSockets.Bind(Options(), [Hand(handle)])).Message.ShouldContain("no listening unix stream socket");
        }
    }

    [Fact]
    public void An_abstract_socket_is_refused()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint($"\0nodeagent-test-{Guid.NewGuid():N}"));
        manager.Listen();

        Should.Throw<StartException>(() => ApiSockets.Bind(Options(), [Hand(manager.SafeHandle)])).Message.ShouldContain("has no path");
    }

    [Fact]
    public void No_program_inherits_a_handed_descriptor()
    {
        using var manager = UnixListener.Listen(SocketPath);
        var descriptor = Hand(manager).Descriptor;
        Fcntl(descriptor, GetFlags, 0).ShouldBe(0);

        InheritedSocket.CloseOnExec(descriptor);

        Fcntl(descriptor, GetFlags, 0).ShouldBe(CloseOnExecFlag);
        InheritedSocket.TryTake(descriptor)!.Dispose();
        // Not the number that was just closed: another test's thread may have it by now.
        Should.Throw<LinuxException>(() => InheritedSocket.CloseOnExec(int.MaxValue));
    }

    private AgentOptions Options() => new() { RunDirectory = _directory.Path };

    // As exec leaves it: a number that nobody here owns yet, inheritable.
    private static HandedDescriptor Hand(SafeHandle of, string name = "api")
    {
        const int Duplicate = 0;
        var descriptor = Fcntl((int)of.DangerousGetHandle(), Duplicate, 0);
        descriptor.ShouldBeGreaterThan(2);
        Fcntl(descriptor, SetFlags, 0).ShouldBe(0);
        return new HandedDescriptor(descriptor, name);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, long argument);
}
