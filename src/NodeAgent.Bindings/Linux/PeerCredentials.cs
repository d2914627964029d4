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

    // Few are in more groups than the first; the kernel's NGROUPS_MAX is the second.
    private const int UsualGroups = 256, MostGroups = 65536;

    /// <summary>Reads them.</summary>
    /// <exception cref="SocketException">Not a connected unix socket.</exception>
    public static PeerCredentials Of(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials));
        return new PeerCredentials(credentials[0], (uint)credentials[1], (uint)credentials[2]);
    }

    /// <summary>
    /// Its supplementary groups (SO_PEERGROUPS), all of them: a rule may refuse a group, and who is believed to be in none
    /// would get in past it.
    /// </summary>
    /// <exception cref="SocketException">They can't be known.</exception>
    public static uint[] GroupsOf(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        try
        {
            return Read(socket, UsualGroups);
        }
        catch (SocketException)
        {
            // ERANGE, most likely: there are more. Any other error comes again.
            return Read(socket, MostGroups);
        }
    }

    private static uint[] Read(Socket socket, int most)
    {
        var groups = new uint[most];
        var bytes = socket.GetRawSocketOption(SolSocket, SoPeerGroups, MemoryMarshal.AsBytes(groups.AsSpan()));
        return groups[..(bytes / sizeof(uint))];
    }
}
