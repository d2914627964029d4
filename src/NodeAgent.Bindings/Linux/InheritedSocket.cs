using System.Net.Sockets;

namespace NodeAgent.Bindings.Linux;

/// <summary>Sockets that were open when this process began: what a service manager hands over (sd_listen_fds(3)).</summary>
public static class InheritedSocket
{
    /// <summary>The first descriptor that is handed over (SD_LISTEN_FDS_START).</summary>
    public const int First = 3;

    /// <summary>Sees to it that no program that is started from here inherits a descriptor.</summary>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    public static void CloseOnExec(int descriptor)
    {
        if (Libc.fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC) != 0)
        {
            throw Libc.Error("fcntl");
        }
    }

    /// <summary>Takes over a listening unix stream socket. Closing it here leaves its path: the manager goes on listening.</summary>
    /// <returns>The socket; <c>null</c> when the descriptor is something else, which is then left as it is.</returns>
    public static Socket? TryTake(int descriptor)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            var socket = new Socket(handle);
            if (socket is { AddressFamily: AddressFamily.Unix, SocketType: SocketType.Stream }
                && socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0)
            {
                return socket;
            }
        }
        catch (SocketException)
        {
            // No socket at all.
        }

        handle.SetHandleAsInvalid();
        return null;
    }
}
