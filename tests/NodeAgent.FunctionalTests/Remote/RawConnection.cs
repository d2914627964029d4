using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NodeAgent.FunctionalTests.Remote;

/// <summary>
/// HTTP/2 by hand (RFC 9113), to do what no client library does: frames in any order, streams that are reset at once,
/// answers that are never read. Header fields are sent as literals without an index (RFC 7541, 6.2.2).
/// </summary>
internal sealed class RawConnection : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Continuation = 9;
    public const byte EndStream = 1, EndHeaders = 4;

    private static readonly byte[] Preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private readonly SslStream _tls;
    private readonly MemoryStream _out = new();
    private Task _drain = Task.CompletedTask;
    private int _next = 1;

    private RawConnection(SslStream tls) => _tls = tls;

    /// <summary>Connects; the window of answers is nothing, so that whoever asks for something gets headers at most.</summary>
    public static async Task<RawConnection> OpenAsync(Fleet fleet, X509Certificate2 certificate)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? tls = null;
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(fleet.Address), limit.Token);
            tls = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = Fleet.Node,
                    ClientCertificates = [certificate],
                    ApplicationProtocols = [SslApplicationProtocol.Http2],
                    RemoteCertificateValidationCallback = (_, shown, _, _) => fleet.IsNode(shown),
                },
                limit.Token);
            var connection = new RawConnection(tls);
            connection._out.Write(Preface);
            connection.Frame(Settings, 0, 0, [0, 4, 0, 0, 0, 0]);
            await connection.FlushAsync();
            return connection;
        }
        catch
        {
            tls?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads and forgets what comes, so that the other side is never held up by the socket.</summary>
    public void Drain() => _drain = DrainAsync();

    /// <summary>Completes when the other side has ended the connection, once <see cref="Drain"/> was called.</summary>
    public Task Ended => _drain;

    /// <summary>Begins a call; returns the stream's number.</summary>
    public int Call(string method, params (string Name, string Value)[] more)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in (IEnumerable<(string, string)>)
            [(":method", "POST"), (":scheme", "https"), (":path", method), (":authority", "node"), ("content-type", "application/grpc"), ("te", "trailers"), .. more])
        {
            block.WriteByte(0);
            Literal(block, name);
            Literal(block, value);
        }

        var stream = _next;
        _next += 2;
        var bytes = block.ToArray().AsSpan();
        var first = bytes[..Math.Min(bytes.Length, 16000)];
        Frame(Headers, first.Length == bytes.Length ? EndHeaders : (byte)0, stream, first);
        for (var rest = bytes[first.Length..]; rest.Length > 0;)
        {
            var part = rest[..Math.Min(rest.Length, 16000)];
            rest = rest[part.Length..];
            Frame(Continuation, rest.Length == 0 ? EndHeaders : (byte)0, stream, part);
        }

        return stream;
    }

    /// <summary>Sends a message of a call, which may be said to be longer than it is.</summary>
    public void Message(int stream, ReadOnlySpan<byte> body, int? length = null, bool compressed = false, bool last = true)
    {
        Span<byte> frame = new byte[5 + body.Length];
        frame[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame[1..], length ?? body.Length);
        body.CopyTo(frame[5..]);
        Frame(Data, last ? EndStream : (byte)0, stream, frame);
    }

    /// <summary>Gives a stream up.</summary>
    public void Cancel(int stream) => Frame(Reset, 0, stream, [0, 0, 0, 8]);

    /// <summary>Any frame; it is sent with the next <see cref="FlushAsync"/>.</summary>
    public void Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8);
        head[3] = type;
        head[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _out.Write(head);
        _out.Write(payload);
    }

    /// <summary>Sends what was written; false when the other side has ended the connection.</summary>
    public async Task<bool> FlushAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await _tls.WriteAsync(_out.GetBuffer().AsMemory(0, (int)_out.Length), limit.Token);
            return true;
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _out.SetLength(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _tls.DisposeAsync();
        }
        catch (IOException)
        {
            // Ended by the other side.
        }

        await _drain;
        _out.Dispose();
    }

    private static void Literal(MemoryStream block, string text)
    {
        // A length of 127 or more goes on in groups of seven bits (RFC 7541, 5.1).
        if (text.Length < 127)
        {
            block.WriteByte((byte)text.Length);
        }
        else
        {
            block.WriteByte(127);
            var rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7)
            {
                block.WriteByte((byte)((rest & 127) | 128));
            }

            block.WriteByte((byte)rest);
        }

        block.Write(Encoding.ASCII.GetBytes(text));
    }

    private async Task DrainAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await _tls.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException)
        {
            // Over, which is what was asked.
        }
    }
}
