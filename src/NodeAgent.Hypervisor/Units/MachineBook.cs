using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Bus;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// Has VMs listed with systemd-machined, for <c>machinectl</c>: beside everything else, since a guest runs as well
/// without. machined itself forgets a machine when its unit has gone.
/// </summary>
/// <param name="machined">machined.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class MachineBook(Machine1 machined, TimeProvider time, ILogger<MachineBook> logger)
{
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(3);

    /// <summary>Has one listed under the VM's name or, where that is taken, with a part of its id.</summary>
    public void Register(string name, Guid id, int pid) => _ = RegisterAsync(name, id, pid);

    private async Task RegisterAsync(string name, Guid id, int pid)
    {
        try
        {
            // Never twice: machined would stop the unit of a second machine with the same leader, and the guest with it.
            if (await machined.HasAsync(pid, CancellationToken.None))
            {
                return;
            }

            var isFree = await IsFreeAsync(name);
            await machined.RegisterAsync(new MachineRegistration(isFree ? name : UnitName.Machine(name, id), id, (uint)pid), CancellationToken.None);
        }
        catch (BusException error)
        {
            LogUnlisted(logger, name, error.Message);
        }
    }

    /// <summary>Whether nobody has a name, or soon will not: machined is a moment late in forgetting the run before.</summary>
    private async Task<bool> IsFreeAsync(string name)
    {
        using var removed = machined.WatchRemoved();
        if ((await machined.ListAsync(CancellationToken.None)).All(machine => machine.Name != name))
        {
            return true;
        }

        using var limit = new CancellationTokenSource(RemovalPatience, time);
        try
        {
            await foreach (var gone in removed.ReadAllAsync(limit.Token))
            {
                if (gone == name)
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is another's, a container's for instance.
        }

        return false;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Vm} is not listed with machined: {Why}")]
    private static partial void LogUnlisted(ILogger logger, string vm, string why);
}
