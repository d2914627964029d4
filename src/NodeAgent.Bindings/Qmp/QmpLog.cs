using Microsoft.Extensions.Logging;

namespace NodeAgent.Bindings.Qmp;

internal static partial class QmpLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "QMP connection open: QEMU {Version}, out-of-band {OutOfBand}")]
    public static partial void Opened(ILogger logger, QmpVersionTriple version, bool outOfBand);

    [LoggerMessage(Level = LogLevel.Debug, Message = "QMP connection ended: {Reason}")]
    public static partial void Ended(ILogger logger, QmpCloseReason reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "QMP peer sent what is not QMP: {Problem}")]
    public static partial void Malformed(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "QMP socket failed")]
    public static partial void ReadFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "QMP reply {Id} came after its caller gave up")]
    public static partial void LateReply(ILogger logger, long id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "QMP message that answers nothing: {Kind}, id {Id}")]
    public static partial void Stray(ILogger logger, string kind, long? id);
}
