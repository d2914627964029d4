using System.Net.Sockets;
using System.Text;
using NodeAgent.FunctionalTests.Agents;

namespace NodeAgent.FunctionalTests.Recovery;

/// <summary>A guest's console without the agent, while there is none.</summary>
internal static class DirectConsole
{
    /// <summary>Types, and waits until the guest has taken it: QEMU closes nothing, so its answer or silence is not waited for.</summary>
    public static async Task TypeAsync(Agent agent, string vmId, string text)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(agent.RunDirectory, "vms", vmId, "console.sock")));
        await socket.SendAsync(Encoding.Latin1.GetBytes(text));

        // The guest polls its serial port 18 times a second; a closed connection would throw away what QEMU has not read.
        await Task.Delay(1000);
    }
}
