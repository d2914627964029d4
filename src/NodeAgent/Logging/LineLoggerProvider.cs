using NodeAgent.Configuration;

namespace NodeAgent.Logging;

/// <summary>The agent's log, at a level that can change while it runs.</summary>
internal sealed class LineLoggerProvider(LineWriter writer, TimeProvider time) : ILoggerProvider
{
    private int _level = (int)LogLevel.Information;

    /// <summary>Messages below this are not written; those of the framework must be warnings, unless this is trace.</summary>
    public LogLevel Level
    {
        get => (LogLevel)Volatile.Read(ref _level);
        set => Volatile.Write(ref _level, (int)value);
    }

    /// <summary>What the messages are about that are written here and now.</summary>
    public LoggerExternalScopeProvider Scopes { get; } = new();

    /// <summary>Takes the level from the options.</summary>
    public void Follow(AgentOptions options) => Level = options.LogLevel switch
    {
        LogLevelChoice.Trace => LogLevel.Trace,
        LogLevelChoice.Debug => LogLevel.Debug,
        LogLevelChoice.Info => LogLevel.Information,
        LogLevelChoice.Warning => LogLevel.Warning,
        _ => LogLevel.Error,
    };

    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, this);

    /// <summary>Writes a message.</summary>
    /// <param name="level">How important it is.</param>
    /// <param name="category">Who says it.</param>
    /// <param name="id">Its name among those of its kind.</param>
    /// <param name="message">One sentence.</param>
    /// <param name="state">What it is made of.</param>
    /// <param name="error">What went wrong.</param>
    public void Write(LogLevel level, string category, EventId id, string message, object? state, Exception? error) =>
        writer.Write(new LogEntry(time.GetUtcNow(), level, category, message) { Event = id.Name, Fields = LogFields.Of(state, Scopes), Error = error });

    public void Dispose()
    {
        // The writer outlives the provider: it has an owner of its own who waits for its last messages.
    }
}
