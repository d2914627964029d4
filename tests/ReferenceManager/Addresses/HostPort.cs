namespace ReferenceManager.Addresses;

/// <summary>"host:port", with an IPv6 address in brackets.</summary>
internal sealed record HostPort(string Host, int Port)
{
    /// <exception cref="FormatException">It is neither.</exception>
    public static HostPort Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text[(colon + 1)..], out var port)
            ? new HostPort(text[..colon].TrimStart('[').TrimEnd(']'), port)
            : throw new FormatException($"'{text}' is not of the form HOST:PORT");
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
