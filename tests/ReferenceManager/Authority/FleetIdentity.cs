using System.Text.RegularExpressions;

namespace ReferenceManager.Authority;

/// <summary>Who somebody is in a fleet, as a certificate says it: <c>nodeagent://FLEET/ROLE/NAME</c>.</summary>
internal sealed partial record FleetIdentity(string Fleet, FleetRole Role, string Name)
{
    /// <summary>The URI in the subject alternative name.</summary>
    public string Uri => $"nodeagent://{Fleet}/{RoleText}/{Name}";

    /// <summary>The role as the URI writes it.</summary>
    public string RoleText => Role.ToString().ToLowerInvariant();

    /// <summary>Reads a URI; compared byte by byte, so that there is one way only to write a name.</summary>
    public static FleetIdentity? Parse(string uri) =>
        Form().Match(uri) is { Success: true } match && Enum.TryParse<FleetRole>(match.Groups[2].Value, ignoreCase: true, out var role)
            ? new FleetIdentity(match.Groups[1].Value, role, match.Groups[3].Value)
            : null;

    /// <summary>Whether this can be a fleet's id.</summary>
    public static bool IsFleet(string text) => FleetForm().IsMatch(text);

    /// <summary>Whether this can be the name of a node, a person or a program.</summary>
    public static bool IsName(string text) => NameForm().IsMatch(text);

    [GeneratedRegex(@"^nodeagent://([A-Za-z0-9._-]{1,64})/([a-z]+)/([A-Za-z0-9._-]{1,128})\z")]
    private static partial Regex Form();

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex FleetForm();

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,128}\z")]
    private static partial Regex NameForm();
}
