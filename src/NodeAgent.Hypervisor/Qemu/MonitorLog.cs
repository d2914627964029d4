using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Qemu;

internal static partial class MonitorLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "The monitor in {Directory} could not be connected again: {Reason}")]
    internal static partial void ReconnectFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "QEMU's event {Event} could not be read: {Reason}")]
    internal static partial void EventUnreadable(ILogger logger, string @event, string reason);
}
