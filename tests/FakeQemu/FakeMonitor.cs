using System.Net.Sockets;

namespace FakeQemu;

/// <summary>One QMP monitor: like QEMU's character device it serves one client at a time, and then the next.</summary>
internal sealed class FakeMonitor(MonitorEndpoint endpoint, FakeMachine machine, FaultScript script)
{
    private FakeSession? _session;

    public async Task RunAsync()
    {
        if (endpoint.IsStdio)
        {
            await ServeAsync(Console.OpenStandardInput(), Console.OpenStandardOutput());
            return;
        }

        using Socket socket = Open();
        if (!endpoint.IsServer)
        {
            await ServeAsync(socket);
            return;
        }

        while (true)
        {
            using Socket client = await socket.AcceptAsync();
            try
            {
                await ServeAsync(client);
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // A client that was killed must not take the next one's chance with it.
            }
        }
    }

    /// <summary>Waits until the client has been sent all that is due to it.</summary>
    public Task FlushAsync() => _session?.FlushAsync() ?? Task.CompletedTask;

    private Socket Open()
    {
        if (endpoint.Descriptor is { } descriptor)
        {
            return new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var address = new UnixDomainSocketEndPoint(endpoint.Path!);
        if (endpoint.IsServer)
        {
            File.Delete(endpoint.Path!);
            socket.Bind(address);
            socket.Listen();
        }
        else
        {
            socket.Connect(address);
        }

        return socket;
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        await ServeAsync(stream, stream);
    }

    private async Task ServeAsync(Stream input, Stream output)
    {
        var session = new FakeSession(endpoint.Id, output, machine, script);
        _session = session;
        await session.RunAsync(input);
    }
}
