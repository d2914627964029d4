using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>A VNC viewer, as much of one as a test needs (RFC 6143), over the stream of a VM's display or whatever else carries it.</summary>
internal sealed class Viewer(Func<Memory<byte>, CancellationToken, ValueTask<int>> receive, Func<byte[], Task> send, IDisposable line) : IDisposable
{
    private const int ColourBytes = 4, RawEncoding = 0;

    /// <summary>Size of the screen, once known.</summary>
    public (int Width, int Height) Size { get; private set; }

    /// <summary>Opens a VM's display through the agent.</summary>
    public static async Task<Viewer> AttachAsync(VmService.VmServiceClient vms, string vm, Metadata? headers = null)
    {
        var call = vms.StreamDisplay(headers);
        var rest = ReadOnlyMemory<byte>.Empty;
        try
        {
            await call.RequestStream.WriteAsync(new StreamDisplayRequest { Attach = new DisplayAttach { Vm = vm } });
        }
        catch (Exception refused) when (refused is InvalidOperationException or RpcException)
        {
            // The first thing that is read says why.
        }

        return new Viewer(ReceiveAsync, data => call.RequestStream.WriteAsync(new StreamDisplayRequest { Data = ByteString.CopyFrom(data) }), call);

        async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            while (rest.IsEmpty)
            {
                if (!await call.ResponseStream.MoveNext(cancellationToken))
                {
                    return 0;
                }

                rest = call.ResponseStream.Current.Data.Memory;
            }

            var length = Math.Min(buffer.Length, rest.Length);
            rest[..length].CopyTo(buffer);
            rest = rest[length..];
            return length;
        }
    }

    /// <summary>What the server says first.</summary>
    public async Task<string> GreetingAsync() => Encoding.ASCII.GetString(await ReadAsync(12));

    /// <summary>Goes through the handshake, to where the server tells of its screen; gives the name that it has for it.</summary>
    public async Task<string> HandshakeAsync()
    {
        (await GreetingAsync()).ShouldBe("RFB 003.008\n");
        await send("RFB 003.008\n"u8.ToArray());
        var kinds = await ReadAsync((await ReadAsync(1))[0]);
        kinds.ShouldContain((byte)1, "no authentication: the agent has seen to that");
        await send([1]);
        (await ReadAsync(4)).ShouldBe([0, 0, 0, 0], "SecurityResult");
        // Others may look too.
        await send([1]);
        var screen = await ReadAsync(24);
        Size = (BinaryPrimitives.ReadUInt16BigEndian(screen), BinaryPrimitives.ReadUInt16BigEndian(screen.AsSpan(2)));
        screen[4].ShouldBe((byte)(8 * ColourBytes), "bits of a pixel");
        return Encoding.UTF8.GetString(await ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(screen.AsSpan(20))));
    }

    /// <summary>Asks for the whole screen.</summary>
    public async Task AskAsync()
    {
        // SetEncodings: raw alone. FramebufferUpdateRequest: all of it.
        await send([2, 0, 0, 1, 0, 0, 0, RawEncoding]);
        var request = new byte[10];
        request[0] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)Size.Width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), (ushort)Size.Height);
        await send(request);
    }

    /// <summary>Reads an update; gives how many pixels came.</summary>
    public async Task<int> UpdateAsync()
    {
        var head = await ReadAsync(4);
        head[0].ShouldBe((byte)0, "FramebufferUpdate");
        var pixels = 0;
        for (var left = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)); left > 0; left--)
        {
            var rectangle = await ReadAsync(12);
            BinaryPrimitives.ReadInt32BigEndian(rectangle.AsSpan(8)).ShouldBe(RawEncoding);
            var area = BinaryPrimitives.ReadUInt16BigEndian(rectangle.AsSpan(4)) * BinaryPrimitives.ReadUInt16BigEndian(rectangle.AsSpan(6));
            await ReadAsync(area * ColourBytes);
            pixels += area;
        }

        return pixels;
    }

    /// <summary>Reads whatever comes until the other side ends it.</summary>
    public async Task UntilEndAsync()
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var buffer = new byte[64 * 1024];
        while (await receive(buffer, limit.Token) > 0)
        {
        }
    }

    public void Dispose() => line.Dispose();

    private async Task<byte[]> ReadAsync(int length)
    {
        using var limit = new CancellationTokenSource(AgentClient.Patience);
        var read = new byte[length];
        for (var at = 0; at < length;)
        {
            var more = await receive(read.AsMemory(at), limit.Token);
            at += more > 0 ? more : throw new EndOfStreamException("The display ended.");
        }

        return read;
    }
}
