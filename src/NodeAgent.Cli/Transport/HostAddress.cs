using System.Text;
using NodeAgent.Cli.Errors;

namespace NodeAgent.Cli.Transport;

/// <summary>Where an agent listens.</summary>
/// <param name="SocketPath">Path of its unix socket.</param>
internal sealed record HostAddress(string SocketPath)
{
    private const string Scheme = "unix:";

    // sun_path of struct sockaddr_un, less its closing zero; see unix(7).
    private const int MaxSocketPath = 107;

    /// <summary>Where an agent listens that was not told otherwise.</summary>
    public static HostAddress Default { get; } = new("/run/nodeagent/api.sock");

    /// <summary>Reads <c>unix:PATH</c> or <c>unix://PATH</c>.</summary>
    /// <exception cref="CommandException">It is something else.</exception>
    public static HostAddress Parse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw new CommandException(ExitCode.Usage, $"'{text}' is not an address of an agent", "Write unix:PATH, for instance unix:/run/nodeagent/api.sock.");
        }

        var path = text[Scheme.Length..];
        path = path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
        if (path.Length == 0 || Encoding.UTF8.GetByteCount(path) > MaxSocketPath)
        {
            throw new CommandException(ExitCode.Usage, $"'{text}' is not an address of an agent", $"The path of a unix socket has 1 to {MaxSocketPath} bytes.");
        }

        return new HostAddress(path);
    }

    /// <inheritdoc/>
    public override string ToString() => Scheme + SocketPath;
}
