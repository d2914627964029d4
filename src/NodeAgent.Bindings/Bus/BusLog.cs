using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Bus;

internal static partial class BusLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Connected to the bus")]
    public static partial void Connected(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bus went away; guests run on, and it is tried anew")]
    public static partial void Lost(ILogger logger);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The bus cannot be reached ({Problem}); next attempt in {Delay}")]
    public static partial void Unreachable(ILogger logger, string problem, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bus refused the subscription {Rule}: {Problem}")]
    public static partial void MatchRefused(ILogger logger, string rule, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A signal that cannot be read: {Member} of {Path}: {Problem}")]
    public static partial void BadSignal(ILogger logger, string member, string path, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "The thread of the bus met an error that nobody foresaw; the connection is made anew")]
    public static partial void Failed(ILogger logger, Exception error);
}
