namespace NodeAgent.Bindings.Linux;

/// <summary>The operating system's distribution (<c>os-release</c>).</summary>
/// <param name="Id">Such as <c>debian</c>; <c>linux</c> when the file does not say.</param>
/// <param name="VersionId">Such as <c>12</c>; a rolling distribution has none.</param>
/// <param name="PrettyName">For people, such as <c>Debian GNU/Linux 12 (bookworm)</c>.</param>
public sealed record OsRelease(string Id, string? VersionId, string PrettyName)
{
    /// <summary>
    /// Reads <c>/etc/os-release</c>, or <c>/usr/lib/os-release</c> where that is missing, as os-release(5) says.
    /// </summary>
    public static OsRelease Read(KernelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var lines = files.ReadLines("etc/os-release");
        var values = new Dictionary<string, string>();
        foreach (var line in lines.Length > 0 ? lines : files.ReadLines("usr/lib/os-release"))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !line.StartsWith('#'))
            {
                values[line[..equals].Trim()] = Unquote(line[(equals + 1)..].Trim());
            }
        }

        return new OsRelease(
            values.GetValueOrDefault("ID", "linux"),
            values.GetValueOrDefault("VERSION_ID"),
            values.GetValueOrDefault("PRETTY_NAME", "Linux"));
    }

    /// <summary>Values are quoted as for a shell; a backslash keeps the character behind it.</summary>
    private static string Unquote(string value)
    {
        if (value is ['"', .., '"'] or ['\'', .., '\''])
        {
            value = value[1..^1];
        }

        var text = new System.Text.StringBuilder(value.Length);
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] == '\\' && at + 1 < value.Length)
            {
                at++;
            }

            text.Append(value[at]);
        }

        return text.ToString();
    }
}
