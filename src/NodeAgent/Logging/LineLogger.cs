namespace NodeAgent.Logging;

/// <summary>Logs of one category.</summary>
internal sealed class LineLogger(string category, LineLoggerProvider provider) : ILogger
{
    // What the framework has to say at information level (each request, each connection) is noise in an agent's log.
    private readonly int _penalty = category.StartsWith("NodeAgent", StringComparison.Ordinal) ? 0 : 1;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel level) => level is not LogLevel.None && level - _penalty >= provider.Level;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? error, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(level))
        {
            provider.Write(level, category, id, formatter(state, error), state as IReadOnlyList<KeyValuePair<string, object?>>, error);
        }
    }
}
