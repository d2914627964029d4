using System.Text;

namespace NodeAgent.Configuration;

/// <summary>
/// Reads the INI dialect of nodeagentd.conf: <c>[section]</c>, <c>key = value</c>, and comment lines that begin with
/// '#' or ';'. A value runs to the end of its line, so '#' in a path needs no quoting. The framework's own reader
/// is not used because it forgets line numbers.
/// </summary>
internal static class IniFile
{
    /// <summary>A configuration that is larger than this is a mistake (a wrong path, a log file).</summary>
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a file; what is wrong with it is added to <paramref name="problems"/>.</summary>
    public static IReadOnlyList<ConfigEntry> Read(string path, List<ConfigProblem> problems)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var content = new byte[MaxBytes + 1];
            var length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
            {
                problems.Add(new ConfigProblem(path, null, "", "The file is larger than 1 MiB.", "Is it the right file?"));
                return [];
            }

            return Parse(path, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content, 0, length), problems);
        }
        catch (DecoderFallbackException)
        {
            problems.Add(new ConfigProblem(path, null, "", "The file is not UTF-8 text.", "Is it the right file?"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(new ConfigProblem(path, null, "", $"The file cannot be read: {error.Message}", "Check the path and its permissions."));
        }

        return [];
    }

    /// <summary>Reads the text of a file.</summary>
    public static IReadOnlyList<ConfigEntry> Parse(string source, string text, List<ConfigProblem> problems)
    {
        var entries = new List<ConfigEntry>();
        var seen = new Dictionary<(string, string), int>();
        string? section = null;
        var number = 0;
        foreach (var raw in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';')
            {
                continue;
            }

            if (line[0] == '[')
            {
                section = line[^1] == ']' ? line[1..^1].Trim().ToLowerInvariant() : null;
                if (section is null)
                {
                    problems.Add(new ConfigProblem(source, number, "", $"'{line}' is not a section.", "Write [name] on a line of its own."));
                }

                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                problems.Add(new ConfigProblem(source, number, "", $"'{line}' is neither a section nor a key with a value.", "Write key = value, or begin a comment line with '#'."));
                continue;
            }

            var written = line[..equals].Trim();
            if (section is null)
            {
                problems.Add(new ConfigProblem(source, number, written, "The key stands in no section.", "Write a [section] above it."));
                continue;
            }

            var name = written.ToLowerInvariant();
            if (!seen.TryAdd((section, name), number))
            {
                problems.Add(new ConfigProblem(source, number, written, $"The key was given before, in line {seen[(section, name)]}.", "Keep one; a list is one value with commas."));
                continue;
            }

            entries.Add(new ConfigEntry(section, name, line[(equals + 1)..].Trim(), source, number, written));
        }

        return entries;
    }
}
