using System.Globalization;
using System.Text;

namespace NodeAgent.Bindings.Linux;

/// <summary>A process as procfs shows it.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Arguments">Its argument list, with the program's name as it was called first.</param>
public sealed record RunningProcess(int Pid, IReadOnlyList<string> Arguments);

/// <summary>All processes there are.</summary>
public static class ProcessTable
{
    /// <summary>
    /// Returns the processes whose argument list contains a text. One pass over procfs; processes that end
    /// meanwhile are left out.
    /// </summary>
    /// <param name="text">What must occur in the argument list, as bytes of UTF-8.</param>
    /// <param name="procRoot">Where procfs is mounted.</param>
    public static IReadOnlyList<RunningProcess> Containing(string text, string procRoot = "/proc")
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        var found = new List<RunningProcess>();
        var buffer = new byte[4096];
        foreach (var directory in Directory.EnumerateDirectories(procRoot))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && ReadArguments(directory, ref buffer) is { Length: > 0 } bytes
                && bytes.Span.IndexOf(wanted) >= 0)
            {
                found.Add(new RunningProcess(pid, Encoding.UTF8.GetString(bytes.Span).TrimEnd('\0').Split('\0')));
            }
        }

        return found;
    }

    /// <summary>Returns the number of every process.</summary>
    public static IEnumerable<int> All() => Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0);

    private static Memory<byte> ReadArguments(string directory, ref byte[] buffer)
    {
        try
        {
            using var file = File.OpenHandle(Path.Combine(directory, "cmdline"));
            var length = 0;
            int read;
            while ((read = RandomAccess.Read(file, buffer.AsSpan(length), length)) > 0)
            {
                length += read;
                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }
            }

            return buffer.AsMemory(0, length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Memory<byte>.Empty;
        }
    }
}
