using System.Net.Sockets;
using NodeAgent.Bindings.Linux;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;

namespace NodeAgent.FunctionalTests.Service;

/// <summary>The native agent on a socket that somebody else made.</summary>
public sealed class SocketActivationTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Who_came_before_the_agent_is_served_and_the_socket_outlives_it()
    {
        await using var agent = Agent.Create();
        Directory.CreateDirectory(agent.RunDirectory);
        using var listener = UnixListener.Listen(agent.Socket);
        File.SetUnixFileMode(agent.Socket, OwnerOnly);
        agent.Service = new ServiceSetting { Listener = listener };
        using var early = UnixListener.Connect(agent.Socket);
        await GreetAsync(early);

        await agent.StartAgainAsync();

        (await early.ReceiveAsync(new byte[64], SocketFlags.None).WaitAsync(AgentClient.Patience)).ShouldBeGreaterThan(0);
        agent.ReadLog().ShouldContain($"listens on {agent.Socket};");
        File.GetUnixFileMode(agent.Socket).ShouldBe(OwnerOnly);
        File.Exists(agent.Socket + ".lock").ShouldBeFalse();

        await agent.StopAsync();
        File.Exists(agent.Socket).ShouldBeTrue();
        using var between = UnixListener.Connect(agent.Socket);
        await GreetAsync(between);
        await agent.StartAgainAsync();
        (await between.ReceiveAsync(new byte[64], SocketFlags.None).WaitAsync(AgentClient.Patience)).ShouldBeGreaterThan(0);

        await agent.StopAsync();
        File.Delete(agent.Socket);
    }

    [Fact]
    public async Task No_qemu_holds_the_socket_or_is_told_of_it()
    {
        await using var agent = Agent.Create();
        Directory.CreateDirectory(agent.RunDirectory);
        using var listener = UnixListener.Listen(agent.Socket);
        agent.Service = new ServiceSetting { Listener = listener };
        await agent.StartAgainAsync();

        var qemu = (await agent.Client.CreateAndStartAsync(Guest.Empty("one"), paused: true)).Status.Pid;

        Holds(agent, agent.Process.Pid).ShouldBeTrue("the agent itself does, so the look finds what is there");
        Holds(agent, qemu).ShouldBeFalse();
        (await File.ReadAllTextAsync($"/proc/{qemu}/environ")).ShouldNotContain("LISTEN_");

        await agent.Client.ForceStopAsync("one");
        await agent.Client.DeleteAsync("one");
        await agent.StopAsync();
        File.Delete(agent.Socket);
    }

    private static bool Holds(Agent agent, int pid) =>
        UnixSocketTable.Holders(agent.RunDirectory, () => [pid]).Any(holder => holder.SocketPath == agent.Socket);

    // What an HTTP/2 client sends first; the answer is the server's settings.
    private static async Task GreetAsync(Socket socket) =>
        await socket.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray(), SocketFlags.None);
}
