using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>A process that holds a listening unix socket.</summary>
/// <param name="Pid">The process.</param>
/// <param name="SocketPath">The path that the socket was bound to, whether or not it still exists.</param>
public sealed record SocketHolder(int Pid, string SocketPath);

/// <summary>Who listens on which unix socket: /proc/net/unix (proc(5)) joined with the descriptors of processes.</summary>
public static class UnixSocketTable
{
    private const long Listening = 0x10000;

    /// <summary>Returns the processes among some that hold a listening socket bound below a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="among">
    /// Processes to look at, the likeliest first: each group is asked for only while there is such a socket that nobody of
    /// the groups before holds.
    /// </param>
    public static IReadOnlyList<SocketHolder> Holders(string directory, params IReadOnlyList<Func<IEnumerable<int>>> among)
    {
        ArgumentNullException.ThrowIfNull(among);
        var (sockets, holders) = (ListeningBelow(directory), new List<SocketHolder>());
        foreach (var some in among)
        {
            if (sockets.Count > 0)
            {
                var held = some().SelectMany(pid => HeldBy(pid, sockets)).ToList();
                holders.AddRange(held.Select(one => one.Holder));
                held.ForEach(one => sockets.Remove(one.Socket));
            }
        }

        return holders;
    }

    /// <summary>Parses the table: inode to path of every socket that listens below a directory.</summary>
    internal static Dictionary<string, string> ListeningBelow(string directory, string table = "/proc/net/unix")
    {
        var prefix = directory.TrimEnd('/') + "/";
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(table))
        {
            // Num RefCount Protocol Flags Type St Inode Path
            var at = line.IndexOf(prefix, StringComparison.Ordinal);
            var fields = line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries);
            if (at > 0 && fields.Length == 8 && fields[7].StartsWith(prefix, StringComparison.Ordinal)
                && long.TryParse(fields[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var flags) && (flags & Listening) != 0)
            {
                found[$"socket:[{fields[6]}]"] = fields[7];
            }
        }

        return found;
    }

    private static IEnumerable<(string Socket, SocketHolder Holder)> HeldBy(int pid, Dictionary<string, string> paths)
    {
        string[] descriptors;
        try
        {
            descriptors = Directory.GetFiles($"/proc/{pid}/fd");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var descriptor in descriptors)
        {
            if (LinkOf(descriptor) is { } target && paths.TryGetValue(target, out var path))
            {
                yield return (target, new SocketHolder(pid, path));
            }
        }
    }

    private static string? LinkOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
