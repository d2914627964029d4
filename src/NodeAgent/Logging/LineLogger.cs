namespace NodeAgent.Logging;

/// <summary>Logs of one category.</summary>
internal sealed class LineLogger(string category, LineLoggerProvider provider) : ILogger
{
    // A start that fails is told by us, in one line with a remedy; the host would add its stack.
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    // The audit log's copy in the journal is there for when somebody gets at the original: no level hushes it.
    private const string AlwaysCategory = "NodeAgent.Audit.AuditJournal";

    private readonly bool _isAlways = category == AlwaysCategory;

    private readonly bool _isOurs = category.StartsWith("NodeAgent", StringComparison.Ordinal);

    // What the framework has to say of each request and connection is noise even to somebody who debugs a VM.
    private readonly LogLevel _least = category.StartsWith("NodeAgent", StringComparison.Ordinal) ? LogLevel.Trace
        : category == HostCategory ? LogLevel.Critical
        : LogLevel.Warning;

    // The framework's own scopes are about requests of its own kind, with a "RequestId" that is none of ours.
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _isOurs ? provider.Scopes.Push(state) : null;

    public bool IsEnabled(LogLevel level) =>
        level is not LogLevel.None && ((level >= provider.Level && (level >= _least || provider.Level is LogLevel.Trace)) || _isAlways);

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(level))
        {
            provider.Write(level, category, id, formatter(state, error), state, error);
        }
    }
}
