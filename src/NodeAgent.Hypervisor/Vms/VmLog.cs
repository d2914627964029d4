using Microsoft.Extensions.Logging;
using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>What is logged of VMs. <see cref="VmLogScope"/> adds the VM's id.</summary>
internal static partial class VmLog
{
    /// <summary>Tells what goes on record as an event, so that the host's journal tells the VM's story too.</summary>
    internal static void Happened(ILogger logger, EventSeverity severity, string vmName, (string Kind, string Message) happened, Operation? operation)
    {
        var level = severity switch
        {
            EventSeverity.Error => LogLevel.Error,
            EventSeverity.Warning => LogLevel.Warning,
            _ => LogLevel.Information,
        };
        if (logger.IsEnabled(level))
        {
            Happened(logger, level, vmName, happened.Message, happened.Kind, operation?.Id, operation?.RequestId);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "VM {VmName}: an undo failed")]
    internal static partial void UndoFailed(ILogger logger, string vmName, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "VM {VmName}: its loop met something unexpected and goes on")]
    internal static partial void LoopDefect(ILogger logger, string vmName, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "VM {VmName}: what was observed could not be recorded")]
    internal static partial void NotRecorded(ILogger logger, string vmName, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "VM {VmName}: {Verb} did not take it down before the host: {Reason}")]
    internal static partial void ShutdownRungFailed(ILogger logger, string vmName, string verb, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A save of run {RunId} could not be taken back in order: {Reason}")]
    internal static partial void NotTakenBack(ILogger logger, Guid runId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "logind does not wait for guests at a shutdown of the host: {Reason}")]
    internal static partial void ShutdownWatchBroken(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "What a VM left behind cannot be cleared away: {Directory}")]
    internal static partial void NotCleared(ILogger logger, string directory, Exception error);

#pragma warning disable SYSLIB1015 // The ids are fields to look for, no part of the sentence.
    [LoggerMessage(SkipEnabledCheck = true, Message = "VM {VmName}: {What}")]
    private static partial void Happened(
        ILogger logger, LogLevel level, string vmName, string what, string @event, Guid? operationId, string? requestId);
#pragma warning restore SYSLIB1015
}
