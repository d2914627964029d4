using System.Net.Sockets;
using NodeAgent.Bindings.Linux;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// A viewer's line into QEMU's VNC server: one end of a pair of sockets whose other end QEMU is handed over its monitor.
/// The socket in the run directory is not opened for it: QEMU may put there what it likes, and the agent, which may
/// connect to anything, would carry a stranger to it.
/// </summary>
internal static class DisplayLine
{
    /// <summary>Opens one. It ends with QEMU, which alone holds the other end.</summary>
    /// <exception cref="QmpException">QEMU refused, or does not answer.</exception>
    public static async Task<Socket> OpenAsync(QemuMonitor monitor)
    {
        var name = $"nodeagent-viewer-{Guid.NewGuid():N}";
        var (ours, theirs) = SocketPair.Create();
        try
        {
            using (theirs)
            {
                // Not to be cut off between the two: what QEMU was given and did not use would stay open in it.
                await monitor.ExecuteAsync(QmpCommands.GetFd, new NamedDescriptorArguments(name), theirs, CancellationToken.None);
            }

            await LetInAsync(monitor, name);
            return ours;
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    private static async Task LetInAsync(QemuMonitor monitor, string name)
    {
        try
        {
            await monitor.ExecuteAsync(QmpCommands.AddClient, new AddClientArguments("vnc", name, Skipauth: true), CancellationToken.None);
        }
        catch (QmpException refusal) when (refusal.Error is QmpError.CommandFailed)
        {
            await TakeBackAsync(monitor, name);
            throw;
        }
    }

    private static async Task TakeBackAsync(QemuMonitor monitor, string name)
    {
        try
        {
            await monitor.ExecuteAsync(QmpCommands.CloseFd, new NamedDescriptorArguments(name), CancellationToken.None);
        }
        catch (QmpException)
        {
            // It was used up after all, or what went wrong before tells more.
        }
    }
}
