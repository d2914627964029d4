using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NodeAgent.Bindings.Linux;

/// <summary>Who is at the other end of a unix socket, as the kernel recorded it when the connection was made (SO_PEERCRED, unix(7)).</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Uid">Effective user id.</param>
/// <param name="Gid">Effective group id.</param>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid)
{
    private const int SolSocket = 1, SoPeerCred = 17, SoPeerGroups = 59;

    // NGROUPS_MAX of the kernel is 65536; who is in more groups than this has none here.
    private const int MostGroups = 1024;

    /// <summary>Reads them.</summary>
    /// <exception cref="SocketException">Not a connected unix socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials));
        return new PeerCredentials(credentials[0], (uint)credentials[1], (uint)credentials[2]);
    }

    /// <summary>Its supplementary groups (SO_PEERGROUPS); empty where they are more than the kernel tells us of.</summary>
    public static uint[] GroupsOf(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<uint> groups = stackalloc uint[MostGroups];
        try
        {
            var bytes = socket.GetRawSocketOption(SolSocket, SoPeerGroups, MemoryMarshal.AsBytes(groups));
            return groups[..(bytes / sizeof(uint))].ToArray();
        }
        catch (SocketException tooMany) when (tooMany.SocketErrorCode is not SocketError.NotConnected)
        {
            return [];
        }
    }
}
