using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Bindings.Linux;

/// <summary>Two connected unix stream sockets without a path: one to keep, one to hand to another process.</summary>
public static class SocketPair
{
    /// <summary>Makes a pair. Both ends belong to the caller and close on exec.</summary>
    /// <exception cref="LinuxException">There is no descriptor left.</exception>
    public static unsafe (Socket Ours, SafeFileHandle Theirs) Create()
    {
        // int sv[2] of socketpair(2), on our own stack for the length of the call.
        var pair = stackalloc int[2];
        if (Libc.socketpair(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0, pair) != 0)
        {
            throw Libc.Error("socketpair");
        }

        var theirs = new SafeFileHandle(pair[1], ownsHandle: true);
        return (new Socket(new SafeSocketHandle(pair[0], ownsHandle: true)), theirs);
    }
}
