using NodeAgent.Configuration;

namespace NodeAgent.Logging;

/// <summary>The agent's log: single lines to one stream, at a level that can change while it runs.</summary>
internal sealed class LineLoggerProvider(LineWriter writer, LogFormat format, bool forJournal, TimeProvider time) : ILoggerProvider
{
    private int _level = (int)LogLevel.Information;

    /// <summary>Messages below this are not written; those of the framework must be warnings, unless this is trace.</summary>
    public LogLevel Level
    {
        get => (LogLevel)Volatile.Read(ref _level);
        set => Volatile.Write(ref _level, (int)value);
    }

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

    public void Write(
        LogLevel level, string category, EventId id, string message,
        IReadOnlyList<KeyValuePair<string, object?>>? fields, Exception? error) =>
        writer.Write(format is LogFormat.Json
            ? LogLine.Json(time.GetUtcNow(), level, category, id, message, fields, error)
            : LogLine.Text(time.GetUtcNow(), level, category, message, error, forJournal));

    public void Dispose()
    {
        // The writer outlives the provider: it has an owner of its own who waits for its last lines.
    }
}
