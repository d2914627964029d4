using Microsoft.Extensions.Logging;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>What the probe logs.</summary>
internal static partial class QemuProbeLog
{
    [LoggerMessage(LogLevel.Information, "QEMU's kept answers in {Path} are ignored: {Reason}")]
    public static partial void CacheIgnored(ILogger logger, string path, string reason);

    [LoggerMessage(LogLevel.Warning, "QEMU's answers cannot be kept in {Path}: {Reason}")]
    public static partial void CacheNotKept(ILogger logger, string path, string reason);

    [LoggerMessage(LogLevel.Information, "{Binary} {Version} answered: {Machines} machines, {Models} CPU models, {Devices} devices")]
    public static partial void Answered(ILogger logger, string binary, string version, int machines, int models, int devices);

    [LoggerMessage(LogLevel.Warning, "{Binary} failed to answer with accelerators {Accelerators}: {Message}")]
    public static partial void Failed(ILogger logger, string binary, string accelerators, string message);
}
