using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>The lines of a <c>meminfo</c> file: a name, a colon, a number of KiB.</summary>
internal static class MemoryTable
{
    private const int BytesPerKibibyte = 1024;

    /// <summary>
    /// The values in bytes by name. Lines of a NUMA node begin with "Node N", which is left out of the name.
    /// </summary>
    public static Dictionary<string, long> Read(KernelFiles files, string path)
    {
        var values = new Dictionary<string, long>();
        foreach (var line in files.ReadLines(path))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 3 && words[0] == "Node")
            {
                words = words[2..];
            }

            if (words is [var name, var number, "kB"]
                && name.EndsWith(':')
                && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes))
            {
                values[name[..^1]] = kibibytes * BytesPerKibibyte;
            }
        }

        return values;
    }
}
