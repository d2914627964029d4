using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace NodeAgent.Hypervisor.Simulation;

/// <summary>A QMP monitor of a simulated guest. What it does not know it refuses as QEMU does, in its own words.</summary>
internal sealed class SimulatedMonitor(Socket socket, SimulatedGuest guest) : ISimulatedLine
{
    private const string Greeting =
        """{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 0}, "package": "simulated"}, "capabilities": ["oob"]}}""";

    private readonly Lock _gate = new();
    private readonly SimulatedAnswers _answers = new(guest);
    private volatile bool _negotiated;

    public async Task ServeAsync()
    {
        try
        {
            Send(Greeting);
            await using var stream = new NetworkStream(socket, ownsSocket: true);

            // An idle monitor holds no buffer: an agent may have hundreds, and a machine hundreds of agents.
            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(useZeroByteReads: true));
            while (await reader.ReadAsync() is { } read)
            {
                var rest = read.Buffer;
                while (TryTakeLine(ref rest, out var line))
                {
                    Answer(line);
                }

                reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or JsonException)
        {
            // The agent has let go of it, or the guest has ended.
        }
    }

    public void Tell(string happened)
    {
        // QEMU tells events from the end of the negotiation on.
        if (_negotiated)
        {
            Send(happened);
        }
    }

    public void Close() => socket.Dispose();

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, out ReadOnlySequence<byte> line)
    {
        line = default;
        if (rest.PositionOf((byte)'\n') is not { } end)
        {
            return false;
        }

        line = rest.Slice(0, end);
        rest = rest.Slice(rest.GetPosition(1, end));
        return true;
    }

    private void Answer(ReadOnlySequence<byte> line)
    {
        using var request = JsonDocument.Parse(line);
        var command = request.RootElement.TryGetProperty("execute", out var name) ? name.GetString()! : request.RootElement.GetProperty("exec-oob").GetString()!;
        var id = request.RootElement.TryGetProperty("id", out var number) ? number.GetRawText() : "null";
        Send($"{_answers.To(command)[..^1]}, \"id\": {id}}}");
        _negotiated |= command == "qmp_capabilities";
        if (command == "quit")
        {
            guest.Quit();
        }
    }

    private void Send(string message)
    {
        // A few hundred bytes into a socket that the agent always reads.
        var bytes = Encoding.UTF8.GetBytes(message + "\r\n");
        lock (_gate)
        {
            try
            {
                socket.Send(bytes);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                // Nobody listens any more; the reader finds out.
            }
        }
    }
}
