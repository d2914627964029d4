using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Fleet;

/// <summary>Where a manager is reached, "host:port", as tokens and managers write it. What is none must not be kept: nobody could dial it.</summary>
internal static class EndpointText
{
    // More managers than a fleet has, and longer than a name of a host may be.
    private const int Most = 16, Longest = 261;

    /// <summary>Whether a session can be opened there.</summary>
    public static bool IsGood(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0
            && text.Length <= Longest
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= ushort.MaxValue
            && IsHost(text[..colon])
            && Uri.TryCreate($"https://{text}", UriKind.Absolute, out var address)
            && address.Port == port;
    }

    /// <summary>Those that are good, in their order.</summary>
    public static ImmutableArray<string> Good(IEnumerable<string> texts) => [.. texts.Where(IsGood).Distinct(StringComparer.Ordinal).Take(Most)];

    private static bool IsHost(string host) => host is ['[', .. var inner, ']']
        ? System.Net.IPAddress.TryParse(inner, out _)
        : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
}
