using System.Net.Sockets;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Rpc;

/// <summary>Who is at the other end of a connection, by the kernel's word.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
/// <param name="Pid">Process id when the connection was made.</param>
/// <param name="Identity">As it goes on record: "uid:1000(alice)".</param>
internal sealed record Caller(uint Uid, uint Gid, int Pid, string Identity)
{
    /// <summary>Asks the kernel.</summary>
    /// <exception cref="SocketException">Not a connected unix socket.</exception>
    public static Caller Of(Socket socket, UserNames names)
    {
        var peer = PeerCredentials.Of(socket);
        return new Caller(peer.Uid, peer.Gid, peer.Pid, names.Find(peer.Uid) is { } name ? $"uid:{peer.Uid}({name})" : $"uid:{peer.Uid}");
    }
}
