using System.Text;
using NodeAgent.Cli.Errors;

namespace NodeAgent.Cli.Transport;

/// <summary>An agent on this host.</summary>
/// <param name="SocketPath">Path of its unix socket.</param>
internal sealed record UnixAddress(string SocketPath) : HostAddress
{
    /// <summary>How such an address begins.</summary>
    public const string Scheme = "unix:";

    // sun_path of struct sockaddr_un, less its closing zero; see unix(7).
    private const int MaxSocketPath = 107;

    /// <summary>Reads an address that begins with <see cref="Scheme"/>.</summary>
    /// <exception cref="CommandException">No socket can have this path.</exception>
    public static UnixAddress ParsePath(string text)
    {
        var path = text[Scheme.Length..];
        path = path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
        return path.Length == 0 || Encoding.UTF8.GetByteCount(path) > MaxSocketPath
            ? throw new CommandException(ExitCode.Usage, $"'{text}' is not an address of an agent", $"The path of a unix socket has 1 to {MaxSocketPath} bytes.")
            : new UnixAddress(path);
    }

    /// <inheritdoc/>
    public override string ToString() => Scheme + SocketPath;
}
