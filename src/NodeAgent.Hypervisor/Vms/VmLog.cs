using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Vms;

internal static partial class VmLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "VM {Vm}: an undo failed")]
    internal static partial void UndoFailed(ILogger logger, string vm, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "VM {Vm}: its loop met something unexpected and goes on")]
    internal static partial void LoopDefect(ILogger logger, string vm, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "VM {Vm}: {Message}")]
    internal static partial void Happened(ILogger logger, string vm, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "VM {Vm}: {Message}")]
    internal static partial void Troubled(ILogger logger, string vm, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "VM {Vm}: what was observed could not be recorded")]
    internal static partial void NotRecorded(ILogger logger, string vm, Exception error);
}
