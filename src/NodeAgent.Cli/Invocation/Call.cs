using System.CommandLine;
using Grpc.Core;
using NodeAgent.Cli.Errors;
using NodeAgent.Cli.Output;
using NodeAgent.Cli.Terminal;
using NodeAgent.Cli.Transport;

namespace NodeAgent.Cli.Invocation;

/// <summary>One run of a command: what was asked, the agent it goes to, and the printer for the answer.</summary>
internal sealed class Call : IDisposable
{
    // An agent that answers at all answers in milliseconds; a longer silence is a fault worth reporting.
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(30);

    private readonly ParseResult _parse;
    private readonly GlobalOptions _options;
    private AgentConnection? _agent;

    /// <summary>Reads the options that every command has.</summary>
    public Call(ParseResult parse, GlobalOptions options, Surroundings surroundings, CancellationToken cancellation)
    {
        _parse = parse;
        _options = options;
        Surroundings = surroundings;
        Cancellation = cancellation;
        Deadline = Get(options.Timeout) is { } timeout ? Time.GetUtcNow() + timeout.ToTimeSpan() : null;
        var color = !Get(options.NoColor) && string.IsNullOrEmpty(surroundings.Environment("NO_COLOR"));
        Printer = new Printer(surroundings, Enum.Parse<OutputFormat>(Get(options.Output)!, ignoreCase: true), color);
    }

    /// <summary>What is around the program.</summary>
    public Surroundings Surroundings { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => Surroundings.Time;

    /// <summary>Ends with Ctrl-C and termination signals.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>When <c>--timeout</c> has passed; null without one.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>Prints results and notes.</summary>
    public Printer Printer { get; }

    /// <summary>Whether the agent was talked to, or tried to.</summary>
    public AgentConnection? AgentInUse => _agent;

    /// <summary>The agent; the address is found at the first use.</summary>
    public AgentConnection Agent => _agent ??= new AgentConnection(Dial(FindPlace()), Time);

    /// <summary>Options for a call that the agent answers at once.</summary>
    public CallOptions Unary => Within(DefaultPatience);

    /// <summary>Options for a call that lasts until it is ended, or until <c>--timeout</c>.</summary>
    public CallOptions Streaming => new(deadline: Deadline?.UtcDateTime, cancellationToken: Cancellation);

    /// <summary>Options for a call that may take some time, and no longer than <c>--timeout</c>.</summary>
    public CallOptions Within(TimeSpan patience)
    {
        var end = Time.GetUtcNow() + patience;
        return new CallOptions(deadline: (Deadline < end ? Deadline.Value : end).UtcDateTime, cancellationToken: Cancellation);
    }

    /// <summary>The value of an option.</summary>
    public T? Get<T>(Option<T> option) => _parse.GetValue(option);

    /// <summary>The value of an argument; null for one that may be left out and was.</summary>
    public T Get<T>(Argument<T> argument) => _parse.GetValue(argument)!;

    /// <summary>Whether the user gave an option, whatever its value.</summary>
    public bool Has(Option option) => _parse.GetResult(option) is { Implicit: false };

    /// <summary>The agent that the options name themselves, by <c>--host</c>; null without it.</summary>
    public AgentPlace? GivenPlace => Get(_options.Host) is { } host ? new AgentPlace(HostAddress.Parse(host)) { Credentials = GivenCredentials } : null;

    /// <summary>A new identity for a mutation, so that the agent can tell a repeat from a second wish.</summary>
    public static string NewRequestId() => Guid.NewGuid().ToString();

    /// <inheritdoc/>
    public void Dispose() => _agent?.Dispose();

    private CredentialPaths GivenCredentials =>
        new CredentialPaths(Get(_options.Certificate), Get(_options.Key), Get(_options.Authorities)).Absolute(Directory.GetCurrentDirectory());

    private AgentPlace FindPlace()
    {
        if (GivenPlace is { } given)
        {
            return given;
        }

        if (Get(_options.Context) is { } context)
        {
            return ContextFile.Load(Surroundings.Environment)[context];
        }

        if (Surroundings.Environment("NODECTL_HOST") is { Length: > 0 } host)
        {
            return new AgentPlace(HostAddress.Parse(host));
        }

        var contexts = ContextFile.Load(Surroundings.Environment);
        return contexts.Current.Length > 0 ? contexts[contexts.Current] : new AgentPlace(HostAddress.Default);
    }

    private IAgentDial Dial(AgentPlace place)
    {
        if (place.Address is UnixAddress local)
        {
            return new UnixDial(local);
        }

        // The nearest word counts, file by file: the command line, the context, the environment, the user's folder.
        var paths = GivenCredentials.Or(place.Credentials)
            .Or(CredentialPaths.Of(Surroundings.Environment))
            .Or(CredentialPaths.In(ContextFile.FolderFor(Surroundings.Environment)));
        var credentials = ClientCredentials.Load(paths, Time);
        if (credentials.Warning is { } warning)
        {
            Printer.Note(warning);
        }

        return new RemoteDial(place, credentials, Time);
    }
}
