using System.Net.Sockets;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Consoles;

/// <summary>
/// A VM's serial console: one reader of QEMU's socket, any number of clients. Output goes to the history first and then
/// to every client; a client that does not keep up loses output and is told how much, and never holds up the guest.
/// </summary>
public sealed class VmConsole
{
    private readonly Lock _lock = new();
    private readonly List<ConsoleClient> _clients = [];
    private Socket? _socket;
    private Task _reading = Task.CompletedTask;

    /// <summary>The console with this history.</summary>
    public VmConsole(ConsoleHistory history) => History = history;

    /// <summary>What is kept of the output.</summary>
    public ConsoleHistory History { get; }

    /// <summary>Takes over the agent's end of the console's socket and reads it until QEMU closes it.</summary>
    public void Attach(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        lock (_lock)
        {
            _socket = socket;
            _reading = ReadAsync(socket);
        }
    }

    /// <summary>Connects to the console of a QEMU that runs already; a guest whose console cannot be had runs on without.</summary>
    public bool TryReattach(string path)
    {
        try
        {
            Attach(UnixListener.Connect(path));
        }
        catch (SocketException)
        {
            return false;
        }

        History.Append("\r\n[nodeagentd was away; what the guest wrote meanwhile is not here]\r\n"u8);
        return true;
    }

    /// <summary>Adds a client. It first gets the kept history, if it wants it, and from then on everything.</summary>
    public ConsoleClient AddClient(bool withHistory, bool readOnly)
    {
        lock (_lock)
        {
            // Under the lock no output falls between what is read of the history and what is sent live.
            var client = new ConsoleClient(this, withHistory ? History.Read() : [], readOnly);
            _clients.Add(client);
            return client;
        }
    }

    /// <summary>Lets go of QEMU's socket after all that it holds has been read. Clients stay: the VM may start again.</summary>
    public async Task DetachAsync()
    {
        Socket? socket;
        Task reading;
        lock (_lock)
        {
            (socket, _socket) = (_socket, null);
            reading = _reading;
        }

        if (socket is not null)
        {
            try
            {
                // What QEMU wrote before it ended is still in the socket.
                await reading.WaitAsync(TimeSpan.FromMilliseconds(100));
            }
            catch (TimeoutException)
            {
                // Somebody else holds QEMU's end; the rest is theirs.
            }

            socket.Dispose();
            await reading;
        }
    }

    internal void Remove(ConsoleClient client)
    {
        lock (_lock)
        {
            _clients.Remove(client);
        }
    }

    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        var socket = _socket ?? throw new IOException("the VM has no console right now: it does not run");
        while (!input.IsEmpty)
        {
            input = input[await socket.SendAsync(input, SocketFlags.None, cancellationToken)..];
        }
    }

    private async Task ReadAsync(Socket socket)
    {
        try
        {
            var buffer = new byte[2048];
            while (true)
            {
                // Waiting costs no buffer: an empty read returns when there is something.
                await socket.ReceiveAsync(Memory<byte>.Empty);
                var read = await socket.ReceiveAsync(buffer);
                if (read == 0)
                {
                    return;
                }

                Distribute(buffer.AsSpan(0, read));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // QEMU ended or the console was detached; either is said elsewhere.
        }
    }

    private void Distribute(ReadOnlySpan<byte> output)
    {
        lock (_lock)
        {
            History.Append(output);
            if (_clients.Count > 0)
            {
                var shared = output.ToArray();
                _clients.ForEach(client => client.Offer(shared));
            }
        }
    }
}
