using System.Globalization;

namespace NodeAgent.Bindings.Linux;

/// <summary>
/// Reads the small text files in which Linux tells facts: procfs, sysfs, and a few in /etc. What is not there, or
/// cannot
/// be read, is null: a kernel without a feature has no file for it, and some files refuse to be read while a device is
/// going away.
/// </summary>
/// <param name="root">The folder that stands for the file system's root; another than "/" is a fake tree.</param>
public sealed class KernelFiles(string root)
{
    /// <summary>The whole text.</summary>
    /// <param name="path">Relative to the root, without a leading slash.</param>
    public string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The text without white space around it; null when nothing is left.</summary>
    public string? ReadLine(string path) => ReadText(path)?.Trim() is { Length: > 0 } line ? line : null;

    /// <summary>The text split into its lines; none when the file is not there.</summary>
    public string[] ReadLines(string path) =>
        ReadText(path)?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>A decimal number.</summary>
    public long? ReadNumber(string path) =>
        long.TryParse(ReadLine(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>A hexadecimal number that begins with 0x, as sysfs writes the ids of devices.</summary>
    public uint? ReadHex(string path) =>
        ReadLine(path) is { } line
        && line.StartsWith("0x", StringComparison.Ordinal)
        && uint.TryParse(line.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>The last part of what a symbolic link points to: sysfs names drivers and groups that way.</summary>
    public string? LinkName(string path)
    {
        try
        {
            return new FileInfo(Path.Combine(root, path)).LinkTarget is { } target ? Path.GetFileName(target) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The names in a folder, sorted ordinally; none when it is not there.</summary>
    public IReadOnlyList<string> Names(string path)
    {
        try
        {
            var entries = Directory.GetFileSystemEntries(Path.Combine(root, path));
            return [.. entries.Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The numbers N for which a folder holds a name of <paramref name="prefix"/> and N, in order.</summary>
    public IReadOnlyList<int> Numbered(string path, string prefix)
    {
        var numbers = new List<int>();
        foreach (var name in Names(path))
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal)
                && int.TryParse(
                    name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        return numbers;
    }
}
