using System.Net.Sockets;
using NodeAgent.Bindings.Qmp;
using NodeAgent.Bindings.Qmp.Commands;
using NodeAgent.Hypervisor.Consoles;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Vms;

/// <content>
/// The guest's own keyboard, screen and serial line. They are asked for beside the loop: none of it changes the state.
/// </content>
public sealed partial class Vm
{
    /// <summary>The serial console.</summary>
    /// <exception cref="VmException">It has none.</exception>
    public VmConsole RequireConsole() => Snapshot.SpecInForce.Console is null
        ? throw new VmException(VmErrorReason.NoSuchDevice, "The VM has no serial console; add one to its spec and start it anew.")
        : Console;

    /// <summary>Presses keys together, then lets go.</summary>
    /// <exception cref="VmException">Refused.</exception>
    public Task SendKeysAsync(IReadOnlyList<string> keys, TimeSpan hold, CancellationToken cancellationToken) =>
        AskGuestAsync(monitor => monitor.ExecuteAsync(
            QmpCommands.SendKey, new SendKeyArguments([.. keys.Select(key => new KeyValue(key))], (int)hold.TotalMilliseconds), cancellationToken));

    /// <summary>Injects a non-maskable interrupt.</summary>
    /// <exception cref="VmException">Refused.</exception>
    public Task InjectNmiAsync(CancellationToken cancellationToken) =>
        AskGuestAsync(monitor => monitor.ExecuteAsync(QmpCommands.InjectNmi, cancellationToken));

    /// <summary>Takes a picture of the display.</summary>
    /// <exception cref="VmException">Refused, or the VM has no display.</exception>
    public async Task<Screenshot> TakeScreenshotAsync(CancellationToken cancellationToken)
    {
        var now = Snapshot;
        RequireDisplay(now.SpecInForce.Display is not null);
        var directory = new RunDirectory(_services.Options.RunDirectory, now.Definition.Id);
        return await AskGuestAsync(monitor => Screenshot.TakeAsync(monitor, directory, _services.Time, cancellationToken));
    }

    /// <summary>Opens a viewer's line to the display of the run that there is: RFB, with QEMU at the other end.</summary>
    /// <exception cref="VmException">Refused, or the VM has no display.</exception>
    public Task<Socket> OpenDisplayAsync()
    {
        var now = Snapshot;
        return AskGuestAsync(monitor =>
        {
            RequireDisplay(now.SpecInForce.Display is { Vnc: true });
            return DisplayLine.OpenAsync(monitor);
        });
    }

    /// <summary>The monitor of a guest that is there.</summary>
    /// <exception cref="VmException">There is none.</exception>
    internal QemuMonitor RequireMonitor() => Snapshot.State switch
    {
        VmState.Running or VmState.Paused or VmState.Stopping when _live?.Monitor is { } monitor => monitor,
        VmState.Stopped or VmState.Starting => throw new VmException(VmErrorReason.NotRunning, "The VM does not run; start it first."),
        _ => throw new VmException(VmErrorReason.StateUnknown, "The VM's monitor is not connected; wait until it is."),
    };

    private static void RequireDisplay(bool has)
    {
        if (!has)
        {
            throw new VmException(VmErrorReason.NoSuchDevice, "The VM has no display; add one to its spec and start it anew.");
        }
    }

    private async Task<T> AskGuestAsync<T>(Func<QemuMonitor, Task<T>> ask)
    {
        try
        {
            return await ask(RequireMonitor());
        }
        catch (QmpException failure)
        {
            throw VmFault.ToException(failure);
        }
    }
}
