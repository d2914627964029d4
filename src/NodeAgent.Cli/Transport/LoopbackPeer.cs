using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NodeAgent.Cli.Transport;

/// <summary>Whose a connection over the loopback address is, as the kernel's table of connections tells (proc_net(5)).</summary>
internal static class LoopbackPeer
{
    // 127.0.0.1 as the table writes it, also at the end of an address of IPv6 that stands for it.
    private const string Loopback = "0100007F";
    private const int Local = 1, Remote = 2, User = 7;

    /// <summary>Whether the other end is this user's, or root's. What cannot be found out is not.</summary>
    public static bool IsOwn(Socket connection)
    {
        try
        {
            var owner = OwnerOf(
                File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6")),
                ((IPEndPoint)connection.RemoteEndPoint!).Port,
                ((IPEndPoint)connection.LocalEndPoint!).Port);
            return owner is { } uid && (uid == 0 || uid == OwnUser());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SocketException)
        {
            return false;
        }
    }

    /// <summary>The user who has the end at one port of a connection to another; null where there is none.</summary>
    internal static uint? OwnerOf(IEnumerable<string> table, int port, int to)
    {
        var (theirs, ours) = (Written(port), Written(to));
        foreach (var row in table)
        {
            var fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > User && fields[Local].EndsWith(theirs, StringComparison.Ordinal) && fields[Remote].EndsWith(ours, StringComparison.Ordinal))
            {
                return uint.Parse(fields[User], CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    private static string Written(int port) => string.Create(CultureInfo.InvariantCulture, $"{Loopback}:{port:X4}");

    // "Uid: real effective saved filesystem"
    private static uint OwnUser() => uint.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2], CultureInfo.InvariantCulture);
}
