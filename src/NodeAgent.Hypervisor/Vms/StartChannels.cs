using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// The sockets between the agent and a QEMU that does not run yet: listening here, connected to already, handed over
/// as descriptors. QEMU finds the agent waiting at the door, so nobody has to try again and again; and because the
/// sockets have paths, the next agent can connect to them too.
/// </summary>
internal sealed class StartChannels : IDisposable
{
    private readonly List<SafeFileHandle> _listeners = [];

    private StartChannels(MonitorSockets monitor, Socket? console)
    {
        Monitor = monitor;
        Console = console;
    }

    /// <summary>The agent's ends of the monitors.</summary>
    public MonitorSockets Monitor { get; }

    /// <summary>The agent's end of the console.</summary>
    public Socket? Console { get; }

    /// <summary>QEMU's ends in the order of the argument list: control, observer, console.</summary>
    public IReadOnlyList<SafeHandle> Descriptors => _listeners;

    public static StartChannels Open(RunDirectory directory, bool withConsole)
    {
        var listeners = new List<SafeFileHandle>();
        MonitorSockets? monitor = null;
        try
        {
            listeners.Add(UnixListener.Listen(directory.ControlSocket));
            listeners.Add(UnixListener.Listen(directory.ObserverSocket));
            if (withConsole)
            {
                listeners.Add(UnixListener.Listen(directory.ConsoleSocket));
            }

            monitor = MonitorSockets.Connect(directory);
            var channels = new StartChannels(monitor, withConsole ? UnixListener.Connect(directory.ConsoleSocket) : null);
            channels._listeners.AddRange(listeners);
            return channels;
        }
        catch
        {
            monitor?.Dispose();
            listeners.ForEach(listener => listener.Dispose());
            throw;
        }
    }

    /// <summary>Closes QEMU's ends here, once QEMU has them: only then does QEMU's death close the connections.</summary>
    public void CloseListeners() => _listeners.ForEach(listener => listener.Dispose());

    /// <summary>Closes the agent's ends.</summary>
    public void DisposeOurEnds()
    {
        Monitor.Dispose();
        Console?.Dispose();
    }

    /// <summary>Closes what was not handed over; the agent's own ends go on living elsewhere.</summary>
    public void Dispose() => CloseListeners();
}
