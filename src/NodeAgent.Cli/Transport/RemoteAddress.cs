using System.Globalization;
using System.Net;

namespace NodeAgent.Cli.Transport;

/// <summary>An agent elsewhere, reached by mutual TLS.</summary>
/// <param name="Host">A name or an address; only the way there, who answers is proven by certificate.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record RemoteAddress(string Host, int Port) : HostAddress
{
    /// <summary>Reads <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>; null when it is neither.</summary>
    public static RemoteAddress? TryParse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > IPEndPoint.MaxPort)
        {
            return null;
        }

        var host = text[..colon];
        if (host is ['[', .. var inner, ']'])
        {
            return Uri.CheckHostName(inner) == UriHostNameType.IPv6 ? new RemoteAddress(inner, port) : null;
        }

        return Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4 ? new RemoteAddress(host, port) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
