using NodeAgent.Cli.Errors;

namespace NodeAgent.Cli.Transport;

/// <summary>Where an agent listens: on a socket of this host, or on a network address.</summary>
internal abstract record HostAddress
{
    private const string Remedy = "Write unix:PATH for an agent on this host, or HOST:PORT for one elsewhere, for instance unix:/run/nodeagent/api.sock or node7.example:9465.";

    /// <summary>Where an agent listens that was not told otherwise.</summary>
    public static HostAddress Default { get; } = new UnixAddress("/run/nodeagent/api.sock");

    /// <summary>Reads <c>unix:PATH</c>, <c>unix://PATH</c>, <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>.</summary>
    /// <exception cref="CommandException">It is something else.</exception>
    public static HostAddress Parse(string text) => text.StartsWith(UnixAddress.Scheme, StringComparison.Ordinal)
        ? UnixAddress.ParsePath(text)
        : RemoteAddress.TryParse(text) ?? throw new CommandException(ExitCode.Usage, $"'{text}' is not an address of an agent", Remedy);
}
