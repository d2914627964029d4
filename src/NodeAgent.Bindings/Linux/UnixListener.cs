using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// A listening unix stream socket made to be handed to another process. The framework's own socket would
/// remove the path when it is closed here; this one leaves it, because the other process goes on listening.
/// </summary>
public static class UnixListener
{
    /// <summary>Longest path in bytes: <c>sun_path</c> of unix(7) less the final zero.</summary>
    public const int MaxPathBytes = 107;

    /// <summary>Binds and listens, replacing whatever file was at the path.</summary>
    /// <exception cref="LinuxException">A call failed; nothing is left behind.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket.</exception>
    public static unsafe SafeFileHandle Listen(string path, int backlog = 8)
    {
        ArgumentNullException.ThrowIfNull(path);
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length > MaxPathBytes)
        {
            throw new ArgumentException($"'{path}' has {bytes.Length} bytes; a socket's path has at most {MaxPathBytes}. Choose a shorter run directory.", nameof(path));
        }

        var fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Libc.Error("socket");
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            File.Delete(path);

            // struct sockaddr_un { u16 family; char path[108]; }: 110 bytes on our stack, zero-filled, path checked above.
            var address = stackalloc byte[110];
            new Span<byte>(address, 110).Clear();
            *(ushort*)address = Libc.AF_UNIX;
            bytes.CopyTo(new Span<byte>(address + 2, 108));
            if (Libc.bind(fd, address, 110) != 0)
            {
                throw Libc.Error("bind");
            }

            if (Libc.listen(fd, backlog) != 0)
            {
                throw Libc.Error("listen");
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Takes the client that waits at a listening socket; returns when there is one.</summary>
    /// <exception cref="LinuxException">There is no descriptor left, or it is no such socket.</exception>
    public static unsafe Socket Accept(SafeHandle listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        var referenced = false;
        try
        {
            // Who the client is does not matter, so there is no address to be written anywhere.
            listener.DangerousAddRef(ref referenced);
            var fd = Libc.accept4((int)listener.DangerousGetHandle(), null, null, Libc.SOCK_CLOEXEC);
            return fd >= 0 ? new Socket(new SafeSocketHandle(fd, ownsHandle: true)) : throw Libc.Error("accept4");
        }
        finally
        {
            if (referenced)
            {
                listener.DangerousRelease();
            }
        }
    }

    /// <summary>Connects to a listening socket.</summary>
    /// <exception cref="SocketException">Nobody listens there, or the path does not exist.</exception>
    public static Socket Connect(string path)
    {
        // On a unix socket connect() does not wait for accept(): it succeeds or fails at once, unless the backlog is full.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Blocking = true;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
