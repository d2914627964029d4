using NodeAgent.Bindings.Bus;
using NodeAgent.Configuration;
using NodeAgent.Hypervisor.Qemu;
using NodeAgent.Hypervisor.Units;

namespace NodeAgent.Hosting;

/// <summary>Decides who runs QEMU on this host.</summary>
internal static class Launchers
{
    private const string Program = "nodeagent-vm", InstalledProgram = "/usr/libexec/nodeagent/nodeagent-vm";

    /// <summary>Whether systemd is the host's first process, see sd_booted(3). Asked before its library is loaded, which a host without it need not pay for.</summary>
    public static bool HasSystemd => Directory.Exists("/run/systemd/system");

    /// <summary>Whether systemd is to run QEMU, and can.</summary>
    /// <exception cref="StartException">It is to and cannot; the message tells the remedy.</exception>
    public static bool WantsSystemd(LauncherChoice choice)
    {
        string? missing =
            !HasSystemd ? "systemd is not the first process of this host"
            : !BusConnection.IsAvailable ? "libsystemd.so.0 is not installed"
            : FindProgram() is null ? $"{InstalledProgram} is not there"
            : !Environment.IsPrivilegedProcess ? "the agent does not run as root"
            : null;
        return choice switch
        {
            LauncherChoice.Direct => false,
            LauncherChoice.Systemd when missing is not null => throw new StartException(
                $"[qemu] launcher is systemd, but {missing}. Mend that, or say launcher = direct."),
            _ => missing is null,
        };
    }

    /// <summary>The launcher on a bus; the direct one without.</summary>
    public static IQemuLauncher Open(BusConnection? bus, LiveOptions options, string bootId, TimeProvider time, ILoggerFactory log) =>
        bus is null
            ? new DirectLauncher(bootId)
            : new SystemdLauncher(
                new Systemd1(bus),
                new MachineBook(new Machine1(bus), time, log.CreateLogger<MachineBook>()),
                new UnitOptions
                {
                    Program = FindProgram()!,
                    BootId = bootId,
                    Hidden = () => [options.Current.StateDirectory, options.Current.RunDirectory, .. options.Current.ImageRoots],
                },
                time,
                log.CreateLogger<SystemdLauncher>());

    // Beside the agent in a build, in its own folder where it is installed.
    private static string? FindProgram() =>
        ((string[])[Path.Combine(AppContext.BaseDirectory, Program), InstalledProgram]).FirstOrDefault(File.Exists);
}
