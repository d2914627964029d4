namespace NodeAgent.Logging;

/// <summary>The priorities of syslog(3), which are the journal's too.</summary>
internal static class LogPriority
{
    /// <summary>The priority of a level.</summary>
    public static int Of(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };
}
