using System.Net.Sockets;

namespace NodeAgent.Cli.Transport;

/// <summary>Why a node elsewhere cannot be reached, and what to do about it.</summary>
internal static class UnreachableNode
{
    private const string Listens = "Is nodeagentd running there, and does its configuration say [remote] listen? Look at address and port, and at firewalls between.";

    /// <summary>The network says no.</summary>
    public static Unreachable OfSocket(HostAddress address, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => Of($"connection refused: nobody listens at {address}", Listens),
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => Of(
            $"there is no host of this name: {address}", "Look for a slip of the pen, or write the address in numbers; the node's certificate does not depend on it."),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => Of($"there is no way to {address}: {error.Message}", "Look at this host's network and routes."),
        _ => Of($"{address} cannot be reached: {error.Message}", Listens),
    };

    /// <summary>Somebody is there who does not speak TLS 1.3 as a node does.</summary>
    public static Unreachable OfHandshake(HostAddress address, Exception error) => Of(
        $"the TLS handshake with {address} failed: {(error.InnerException ?? error).Message}",
        "Is this the port of [remote] listen, and does the node have a certificate? Its log says why it refused a connection: 'journalctl -u nodeagentd' there.");

    /// <summary>The other side has shown no certificate.</summary>
    public static Unreachable Anonymous(HostAddress address) => Of($"what answers at {address} shows no certificate", "Look at address and port.");

    /// <summary>The node ended the connection when it had seen our certificate.</summary>
    public static Unreachable Refused(HostAddress address, HolderName holder) => new(
        Errors.ExitCode.Permission,
        $"the node at {address} refused your certificate ({holder.Role} {holder.Name} of the fleet '{holder.Fleet}'); its log says why",
        "Look at 'journalctl -u nodeagentd' on the node: the certificate may be revoked, of another authority, or hold too many connections already.");

    /// <summary>Nothing came back.</summary>
    public static Unreachable Silent(HostAddress address, TimeSpan patience) => Of($"{address} did not answer within {patience.TotalSeconds:0} s", Listens);

    private static Unreachable Of(string problem, string remedy) => new(Errors.ExitCode.Unreachable, problem, remedy);
}
