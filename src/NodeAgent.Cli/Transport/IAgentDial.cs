namespace NodeAgent.Cli.Transport;

/// <summary>The way to one agent: opens connections, and knows why one could not be opened.</summary>
internal interface IAgentDial : IDisposable
{
    /// <summary>Where the agent is expected.</summary>
    HostAddress Address { get; }

    /// <summary>Whether the last attempt failed; false before there was one.</summary>
    bool HasFailed { get; }

    /// <summary>Opens a connection, as far as that HTTP/2 can begin.</summary>
    ValueTask<Stream> OpenAsync(CancellationToken cancellation);

    /// <summary>Why the last attempt failed.</summary>
    Task<Unreachable> ExplainAsync(CancellationToken cancellation);
}
