using System.Net.Sockets;
using NodeAgent.Configuration;
using NodeAgent.Hosting;

namespace NodeAgent.Tests.Hosting;

public sealed class ApiSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string SocketPath => Path.Combine(_directory.Path, "api.sock");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0x180)]
    [InlineData(0x1B0)]
    [InlineData(0x1B6)]
    public void The_mode_is_set_before_anybody_can_connect(int mode)
    {
        using var socket = ApiSocket.Bind(SocketPath, new AgentOptions { SocketMode = (UnixFileMode)mode });
        using var listening = socket.Socket;

        File.GetUnixFileMode(SocketPath).ShouldBe((UnixFileMode)mode);
        Should.Throw<SocketException>(Connect).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact]
    public void A_group_that_is_not_there_is_refused_and_nothing_is_left()
    {
        var refusal = Should.Throw<StartException>(() => ApiSocket.Bind(SocketPath, new AgentOptions { SocketGroup = "no-such-group" }));

        refusal.Message.ShouldContain("There is no group 'no-such-group'");
        File.Exists(SocketPath).ShouldBeFalse();
    }

    [Fact]
    public void A_socket_of_a_dead_agent_is_replaced()
    {
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath));
            File.Move(SocketPath, SocketPath + ".kept");
        }

        // As after kill -9: the path is there and nobody listens.
        File.Move(SocketPath + ".kept", SocketPath);

        using var socket = ApiSocket.Bind(SocketPath, new AgentOptions());
        using var listening = socket.Socket;
        listening.Listen();
        Connect();
    }

    [Fact]
    public void A_socket_that_another_program_answers_on_is_left_alone()
    {
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(SocketPath));
        other.Listen();

        Should.Throw<StartException>(() => ApiSocket.Bind(SocketPath, new AgentOptions())).Message.ShouldContain("Another program answers");

        Connect();
    }

    [Fact]
    public void A_second_agent_is_refused_even_before_the_first_one_listens()
    {
        using var first = ApiSocket.Bind(SocketPath, new AgentOptions());
        using var listening = first.Socket;

        Should.Throw<StartException>(() => ApiSocket.Bind(SocketPath, new AgentOptions())).Message
            .ShouldContain($"Another agent (process {Environment.ProcessId}) serves the socket");

        File.Exists(SocketPath).ShouldBeTrue();
    }

    [Fact]
    public void A_file_that_is_no_socket_is_not_removed()
    {
        File.WriteAllText(SocketPath, "precious");

        Should.Throw<StartException>(() => ApiSocket.Bind(SocketPath, new AgentOptions())).Message.ShouldContain("is not a socket");

        File.ReadAllText(SocketPath).ShouldBe("precious");
    }

    [Fact]
    public void A_link_is_not_followed()
    {
        File.WriteAllText(SocketPath + ".target", "precious");
        File.CreateSymbolicLink(SocketPath, SocketPath + ".target");

        Should.Throw<StartException>(() => ApiSocket.Bind(SocketPath, new AgentOptions()));

        File.ReadAllText(SocketPath + ".target").ShouldBe("precious");
    }

    private void Connect()
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
    }
}
