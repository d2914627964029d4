using System.Runtime.InteropServices;
using NodeAgent.Configuration;
using NodeAgent.Systemd;

namespace NodeAgent.Hosting;

/// <summary>SIGHUP reads the configuration again; systemd is told when that begins, when it ends and what came of it.</summary>
internal sealed partial class ReloadSignal : IDisposable
{
    private readonly PosixSignalRegistration _registration;

    public ReloadSignal(Reloader reloader, ServiceReport report, ILogger<ReloadSignal> log)
    {
        reloader.Observe(outcome =>
        {
            if (outcome.IsGood)
            {
                LogReloaded(log, outcome.Summary);
            }
            else
            {
                LogRefused(log, outcome.Summary);
            }
        });
        _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            // The default action would end the agent.
            signal.Cancel = true;
            Reload(reloader, report, log);
        });
    }

    public void Dispose() => _registration.Dispose();

    // Whoever waits for the end is told of it, also where something that follows the configuration fails at the new one.
    private static void Reload(Reloader reloader, ServiceReport report, ILogger log)
    {
        report.BeginReload();
        try
        {
            reloader.Reload();
        }
#pragma warning disable CA1031 // Thrown here, it would end the agent.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogDefect(log, error);
        }

        // What came of it is noted before anybody is told.
        report.EndReload(reloader.Last!);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Summary}")]
    private static partial void LogReloaded(ILogger log, string summary);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Summary}")]
    private static partial void LogRefused(ILogger log, string summary);

    [LoggerMessage(Level = LogLevel.Error, Message = "Something that follows the configuration failed by a defect when it was read again")]
    private static partial void LogDefect(ILogger log, Exception error);
}
