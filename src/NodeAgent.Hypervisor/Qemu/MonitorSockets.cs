using System.Net.Sockets;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Hypervisor.Qemu;

/// <summary>The agent's ends of the two monitor sockets.</summary>
/// <param name="Control">For commands.</param>
/// <param name="Observer">For events and samples.</param>
public sealed record MonitorSockets(Socket Control, Socket Observer) : IDisposable
{
    /// <summary>Connects both.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static MonitorSockets Connect(RunDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        var control = UnixListener.Connect(directory.ControlSocket);
        try
        {
            return new MonitorSockets(control, UnixListener.Connect(directory.ObserverSocket));
        }
        catch
        {
            control.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Control.Dispose();
        Observer.Dispose();
    }
}
