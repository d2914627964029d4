using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// Has VMs listed with systemd-machined, for <c>machinectl</c>: beside everything else, since a guest runs as well
/// without. machined itself forgets a machine when its unit has gone.
/// </summary>
/// <param name="machined">machined.</param>
/// <param name="logger">The log.</param>
public sealed partial class MachineBook(Machine1 machined, ILogger<MachineBook> logger)
{
    /// <summary>Has one listed under the VM's name or, where that is taken, with a part of its id.</summary>
    public void Register(string name, Guid id, int pid) => _ = RegisterAsync(name, id, pid);

    private async Task RegisterAsync(string name, Guid id, int pid)
    {
        try
        {
            var listed = await machined.ListAsync(CancellationToken.None);
            if (listed.Any(machine => machine.Service == Machine1.ServiceName && machine.Name == UnitName.Machine(name, id)))
            {
                return;
            }

            var isTaken = listed.Any(machine => machine.Name == name);
            await machined.RegisterAsync(new MachineRegistration(isTaken ? UnitName.Machine(name, id) : name, id, (uint)pid), CancellationToken.None);
        }
        catch (BusException error)
        {
            LogUnlisted(logger, name, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Vm} is not listed with machined: {Why}")]
    private static partial void LogUnlisted(ILogger logger, string vm, string why);
}
