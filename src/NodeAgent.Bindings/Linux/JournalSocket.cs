using System.Net.Sockets;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// The journal's own socket: one datagram an entry (https://systemd.io/JOURNAL_NATIVE_PROTOCOL). What is too long for a
/// datagram travels as a descriptor of sealed memory.
/// </summary>
public sealed class JournalSocket : IDisposable
{
    /// <summary>Where systemd-journald listens.</summary>
    public const string DefaultPath = "/run/systemd/journal/socket";

    private const int DontWait = 0x40, NoSignal = 0x4000, SolSocket = 1, ScmRights = 1;

    private readonly string _path;
    private Socket _socket;

    private JournalSocket(string path, Socket socket)
    {
        _path = path;
        _socket = socket;
    }

    /// <summary>Connects; <c>null</c> when nobody listens there.</summary>
    public static JournalSocket? TryConnect(string path = DefaultPath)
    {
        try
        {
            return new JournalSocket(path, Connect(path));
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Sends an entry, and waits for room when the journal is busy. One call at a time.</summary>
    /// <exception cref="IOException">The entry is lost: the journal is gone, or did not take it.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> entry, CancellationToken cancellationToken = default)
    {
        try
        {
            try
            {
                await SendNowAsync(entry, cancellationToken);
            }
            catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.NotConnected)
            {
                // A journal that was begun anew has another socket at the same path.
                _socket.Dispose();
                _socket = Connect(_path);
                await SendNowAsync(entry, cancellationToken);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask SendNowAsync(ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.SendAsync(entry, cancellationToken);
        }
        catch (SocketException tooLong) when (tooLong.SocketErrorCode is SocketError.MessageSize or SocketError.NoBufferSpaceAvailable)
        {
            SendAsMemory(entry.Span);
        }
    }

    private unsafe void SendAsMemory(ReadOnlySpan<byte> entry)
    {
        using var memory = SealedMemory.Create("nodeagentd-journal", entry);

        // struct cmsghdr with one descriptor and struct msghdr without data, as words on 64-bit Linux. Both are on this
        // stack frame until sendmsg has returned, and neither handle can be closed before that.
        var control = stackalloc nuint[3];
        control[0] = 20;
        ((int*)control)[2] = SolSocket;
        ((int*)control)[3] = ScmRights;
        ((int*)control)[4] = (int)memory.DangerousGetHandle();
        var message = stackalloc nuint[7] { 0, 0, 0, 0, (nuint)control, 24, 0 };
        if (Libc.sendmsg(_socket.SafeHandle, message, DontWait | NoSignal) < 0)
        {
            throw Libc.Error("sendmsg");
        }
    }
}
