using System.Collections.Immutable;
using System.Net.Sockets;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Security;

/// <summary>Who is at the other end of a connection: by the kernel's word on this host, by certificate from elsewhere.</summary>
/// <param name="Identity">As it goes on record, and whom limits are counted for: "uid:1000(alice)", "operator:alice".</param>
/// <param name="From">Where the connection comes from: "unix", "192.0.2.7:41234", "tunnel".</param>
internal sealed record Caller(string Identity, string From)
{
    /// <summary>The roles that a certificate gives; a local caller has those of the policy instead.</summary>
    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Which user and process it is; <c>null</c> for a caller from elsewhere.</summary>
    public LocalPeer? Local { get; init; }

    /// <summary>Asks the kernel.</summary>
    /// <exception cref="SocketException">Not a connected unix socket.</exception>
    public static Caller Of(Socket socket, UserNames names)
    {
        var peer = PeerCredentials.Of(socket);
        var identity = names.Find(peer.Uid) is { } name ? $"uid:{peer.Uid}({name})" : $"uid:{peer.Uid}";
        return new Caller(identity, "unix") { Local = new LocalPeer(peer.Uid, [peer.Gid, .. PeerCredentials.GroupsOf(socket)], peer.Pid) };
    }

    /// <summary>Whoever holds a certificate of the fleet.</summary>
    /// <param name="names">What the certificate says of its holder; not empty.</param>
    /// <param name="from">Where the connection comes from.</param>
    public static Caller Of(ImmutableArray<HolderName> names, string from) =>
        new($"{names[0].Role}:{names[0].Name}", from) { Roles = [.. names.Select(name => name.Role)] };
}

/// <summary>A process on this host.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gids">Its group and its supplementary groups.</param>
/// <param name="Pid">Process id when the connection was made.</param>
internal sealed record LocalPeer(uint Uid, ImmutableArray<uint> Gids, int Pid);
