using System.Net.Sockets;
using System.Text;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>The serial console of a simulated guest: it greets, and says again whatever is typed.</summary>
internal sealed class SimulatedConsole(Socket socket, string name) : ISimulatedLine
{
    public async Task ServeAsync()
    {
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($"Simulated guest {name}: nothing of it is real. It says again what you type.\r\n"), SocketFlags.None);
            var buffer = new byte[256];
            while (await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None) >= 0 && await socket.ReceiveAsync(buffer, SocketFlags.None) is var got and > 0)
            {
                await socket.SendAsync(buffer.AsMemory(0, got), SocketFlags.None);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The agent has let go of it, or the guest has ended.
        }
        finally
        {
            socket.Dispose();
        }
    }

    public void Tell(string happened)
    {
        // A serial line knows nothing of QMP.
    }

    public void Close() => socket.Dispose();
}
