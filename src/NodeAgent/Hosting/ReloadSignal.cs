using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting.Systemd;
using NodeAgent.Configuration;

namespace NodeAgent.Hosting;

/// <summary>SIGHUP reads the configuration again; systemd is told when that begins and ends (sd_notify(3), notify-reload).</summary>
internal sealed partial class ReloadSignal : IDisposable
{
    private readonly PosixSignalRegistration _registration;

    public ReloadSignal(Reloader reloader, ISystemdNotifier? systemd, TimeProvider time, ILogger<ReloadSignal> log)
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
            // CLOCK_MONOTONIC, which the framework's timestamps are on Linux, in microseconds.
            systemd?.Notify(new ServiceState($"RELOADING=1\nMONOTONIC_USEC={time.GetTimestamp() / (time.TimestampFrequency / 1_000_000)}"));
            reloader.Reload();
            systemd?.Notify(ServiceState.Ready);
        });
    }

    public void Dispose() => _registration.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Summary}")]
    private static partial void LogReloaded(ILogger log, string summary);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Summary}")]
    private static partial void LogRefused(ILogger log, string summary);
}
