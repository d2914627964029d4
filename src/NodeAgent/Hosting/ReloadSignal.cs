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
            report.BeginReload();
            report.EndReload(reloader.Reload());
        });
    }

    public void Dispose() => _registration.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Summary}")]
    private static partial void LogReloaded(ILogger log, string summary);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Summary}")]
    private static partial void LogRefused(ILogger log, string summary);
}
