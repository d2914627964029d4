namespace NodeAgent.Logging;

/// <summary>Logs of one category.</summary>
internal sealed class LineLogger(string category, LineLoggerProvider provider) : ILogger
{
    // A start that fails is told by us, in one line with a remedy; the host would add its stack.
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    // What the framework has to say of each request and connection is noise even to somebody who debugs a VM.
    private readonly LogLevel _least = category.StartsWith("NodeAgent", StringComparison.Ordinal) ? LogLevel.Trace
        : category == HostCategory ? LogLevel.Critical
        : LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel level) =>
        level is not LogLevel.None && level >= provider.Level && (level >= _least || provider.Level is LogLevel.Trace);

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(level))
        {
            provider.Write(level, category, id, formatter(state, error), state as IReadOnlyList<KeyValuePair<string, object?>>, error);
        }
    }
}
