using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Bindings.Qmp;

namespace NodeAgent.Tests.Bindings.Qmp;

/// <summary>The other end of a QMP connection, played by a test line by line.</summary>
internal sealed class QmpPeer : IAsyncDisposable
{
    public const string Greeting =
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "p"}, "capabilities": ["oob"]}}""";

    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private QmpPeer(Socket socket)
    {
        Socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, Encoding.UTF8, leaveOpen: true);
    }

    public static TimeSpan Long => TimeSpan.FromSeconds(30);

    public Socket Socket { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Two connected unix sockets.</summary>
    public static async Task<(Socket Ours, Socket Theirs)> SocketPairAsync()
    {
        var address = new UnixDomainSocketEndPoint($"\0nodeagent-test-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(address);
        listener.Listen();
        var ours = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await ours.ConnectAsync(address, Ct);
        return (ours, await listener.AcceptAsync(Ct));
    }

    /// <summary>A connection that has been opened, and its peer.</summary>
    public static async Task<(QmpConnection Connection, QmpPeer Peer)> OpenAsync(
        QmpLimits? limits = null, TimeProvider? time = null, string greeting = Greeting)
    {
        (Task<QmpConnection> opening, QmpPeer peer) = await BeginAsync(limits, time);
        await peer.SendAsync(greeting);
        await peer.ReplyAsync();
        return (await opening.WaitAsync(Long, Ct), peer);
    }

    /// <summary>A connection that waits for its greeting.</summary>
    public static async Task<(Task<QmpConnection> Opening, QmpPeer Peer)> BeginAsync(
        QmpLimits? limits = null, TimeProvider? time = null, CancellationTokenSource? cancel = null)
    {
        (Socket ours, Socket theirs) = await SocketPairAsync();
        Task<QmpConnection> opening = QmpConnection.OpenAsync(
            ours, limits ?? QmpLimits.Default, time ?? TimeProvider.System, NullLogger.Instance, cancel?.Token ?? Ct);
        return (opening, new QmpPeer(theirs));
    }

    /// <summary>The next command.</summary>
    public async Task<JsonElement> ReadAsync()
    {
        string line = await _reader.ReadLineAsync(Ct).AsTask().WaitAsync(Long, Ct)
            ?? throw new EndOfStreamException("the connection was closed");
        return JsonElement.Parse(line);
    }

    /// <summary>Reads a command and answers it.</summary>
    public async Task<JsonElement> ReplyAsync(string result = "{}")
    {
        JsonElement command = await ReadAsync();
        await ReturnAsync(command, result);
        return command;
    }

    public Task ReturnAsync(JsonElement command, string result = "{}") =>
        SendAsync($$"""{"return": {{result}}, "id": {{command.GetProperty("id").GetInt64()}}}""");

    public Task SendAsync(string line) => SendRawAsync(line + "\r\n");

    public Task SendRawAsync(string text) => SendRawAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends, and ignores that our side may have hung up on what it got.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, Ct).AsTask().WaitAsync(Long, Ct);
        }
        catch (IOException)
        {
            // The connection's own reason is what the tests look at.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _stream.DisposeAsync();
    }
}
