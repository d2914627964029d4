using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace NodeAgent.Configuration;

/// <summary>
/// The text forms of configuration values: reading throws <see cref="FormatException"/> whose message says what
/// would be right, and writing gives what reading takes.
/// </summary>
internal static class ValueText
{
    public const string CredentialScheme = "credential:";

    private static readonly (string Suffix, long Milliseconds)[] DurationUnits =
        [("ms", 1), ("s", 1000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private static readonly (string Suffix, long Bytes)[] SizeUnits =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("B", 1), ("", 1)];

    public static bool Bool(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => throw new FormatException($"'{text}' is neither true nor false. Write true or false."),
    };

    public static string Show(bool value) => value ? "true" : "false";

    public static int Int(string text, int minimum, int maximum) => (int)Long(text, minimum, maximum);

    public static long Long(string text, long minimum, long maximum) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw new FormatException($"'{text}' is not in range. Write a whole number from {minimum} to {maximum}.");

    public static TimeSpan Duration(string text, TimeSpan minimum, TimeSpan maximum)
    {
        foreach (var (suffix, milliseconds) in DurationUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && long.TryParse(text[..^suffix.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= (long)TimeSpan.MaxValue.TotalMilliseconds / milliseconds)
            {
                var value = TimeSpan.FromMilliseconds(count * milliseconds);
                return value >= minimum && value <= maximum
                    ? value
                    : throw new FormatException($"'{text}' is not in range. Write {Show(minimum)} to {Show(maximum)}.");
            }
        }

        throw new FormatException($"'{text}' is not a duration. Write a whole number with its unit, for instance 500ms, 10s, 5m, 24h or 7d.");
    }

    public static string Show(TimeSpan value)
    {
        var milliseconds = (long)value.TotalMilliseconds;
        foreach (var (suffix, unit) in (ReadOnlySpan<(string, long)>)[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)])
        {
            if (milliseconds != 0 && milliseconds % unit == 0)
            {
                return $"{milliseconds / unit}{suffix}";
            }
        }

        return $"{milliseconds}ms";
    }

    public static long Size(string text, long minimum, long maximum)
    {
        foreach (var (suffix, bytes) in SizeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(text[..^suffix.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= long.MaxValue / bytes)
            {
                var value = count * bytes;
                return value >= minimum && value <= maximum
                    ? value
                    : throw new FormatException($"'{text}' is not in range. Write {ShowSize(minimum)} to {ShowSize(maximum)}.");
            }
        }

        throw new FormatException($"'{text}' is not a size. Write a whole number of bytes, or one with KiB, MiB or GiB.");
    }

    public static string ShowSize(long value) =>
        value != 0 && value % (1L << 30) == 0 ? $"{value >> 30}GiB"
        : value != 0 && value % (1L << 20) == 0 ? $"{value >> 20}MiB"
        : value != 0 && value % (1L << 10) == 0 ? $"{value >> 10}KiB"
        : value.ToString(CultureInfo.InvariantCulture);

    public static string AbsolutePath(string text) =>
        text.StartsWith('/') && !text.Contains('\0', StringComparison.Ordinal)
            ? text.Length > 1 ? text.TrimEnd('/') : text
            : throw new FormatException($"'{text}' is not an absolute path. Write one that begins with '/'.");

    /// <summary>An absolute path, "credential:NAME" for what systemd hands over (LoadCredential=), or nothing.</summary>
    public static string CredentialPath(string text) =>
        text.Length == 0 || (text.StartsWith(CredentialScheme, StringComparison.Ordinal) && text[CredentialScheme.Length..].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
            ? text
            : AbsolutePath(text);

    public static ImmutableArray<string> List(string text, Func<string, string> item) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(item).Distinct(StringComparer.Ordinal)];

    public static string Show(ImmutableArray<string> values) => string.Join(", ", values);

    public static string SocketPath(string text)
    {
        const string scheme = "unix:";
        if (!text.StartsWith(scheme, StringComparison.Ordinal))
        {
            throw new FormatException($"'{text}' is not a unix socket. Write unix: and an absolute path, for instance unix:/run/nodeagent/api.sock.");
        }

        var path = text[scheme.Length..];
        // unix://… is how gRPC clients write an absolute path.
        path = AbsolutePath(path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path);
        return System.Text.Encoding.UTF8.GetByteCount(path) <= Bindings.Linux.UnixListener.MaxPathBytes
            ? path
            : throw new FormatException($"'{text}' is too long for a socket. Write a path of at most {Bindings.Linux.UnixListener.MaxPathBytes} bytes.");
    }

    public static UnixFileMode Mode(string text)
    {
        try
        {
            var mode = Convert.ToInt32(text, 8);
            if (mode is > 0 and <= 0x1FF)
            {
                return (UnixFileMode)mode;
            }
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            // Said below.
        }

        throw new FormatException($"'{text}' is not a file mode. Write three octal digits, for instance 0660.");
    }

    public static string Show(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);

    public static IPEndPoint? HttpListen(string text)
    {
        if (text is "none")
        {
            return null;
        }

        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var address = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.Any,
            _ when host.StartsWith('[') && host.EndsWith(']') => IPAddress.TryParse(host[1..^1], out var v6) ? v6 : null,
            _ => IPAddress.TryParse(host, out var v4) && v4.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork ? v4 : null,
        };
        return address is not null
            && ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                ? new IPEndPoint(address, port)
                : throw new FormatException($"'{text}' is not an address to listen on. Write ADDRESS:PORT, for instance 127.0.0.1:9464 or [::1]:9464, or none.");
    }

    public static T Word<T>(string text)
        where T : struct, Enum =>
        text.All(char.IsAsciiLetter) && Enum.TryParse<T>(text, ignoreCase: true, out var value)
            ? value
            : throw new FormatException($"'{text}' is not known. Write one of {string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()))}.");

    public static string Show<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
