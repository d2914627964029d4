using System.Collections.Concurrent;
using System.Globalization;

namespace NodeAgent.Security;

/// <summary>
/// Names of user and group ids from passwd(5) and group(5). Users of a directory service are known by number only:
/// asking the name service could take a network's time-out on the way of a request.
/// </summary>
internal sealed class UserNames(string passwdPath = "/etc/passwd", string groupPath = "/etc/group")
{
    private const int MostRemembered = 4096;
    private readonly ConcurrentDictionary<uint, string?> _names = new();

    /// <summary>The user's name, or <c>null</c>.</summary>
    public string? Find(uint uid)
    {
        if (_names.TryGetValue(uid, out var name))
        {
            return name;
        }

        name = Lookup(passwdPath, fields => fields[2] == uid.ToString(CultureInfo.InvariantCulture))?[0];
        // A name goes on record: only what is harmless there.
        name = name is { Length: > 0 and <= 64 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '$') ? name : null;
        if (_names.Count < MostRemembered)
        {
            _names[uid] = name;
        }

        return name;
    }

    /// <summary>The user's id by name or number, or <c>null</c>.</summary>
    public uint? FindUser(string user) => FindId(passwdPath, user);

    /// <summary>The group's id by name or number, or <c>null</c>.</summary>
    public uint? FindGroup(string group) => FindId(groupPath, group);

    private static uint? FindId(string path, string name) =>
        uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
        : Lookup(path, fields => fields[0] == name) is { } found
            && uint.TryParse(found[2], NumberStyles.None, CultureInfo.InvariantCulture, out id) ? id
        : null;

    private static string[]? Lookup(string path, Func<string[], bool> matches)
    {
        try
        {
            return File.ReadLines(path).Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length >= 3 && matches(fields));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
