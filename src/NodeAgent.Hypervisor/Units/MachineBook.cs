using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.Bindings.Bus;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Hypervisor.Units;

/// <summary>
/// Has VMs listed with systemd-machined, for <c>machinectl</c>: beside everything else, since a guest runs as well
/// without. One that machined was not there for is listed when it comes. machined itself forgets a machine when its unit
/// has gone.
/// </summary>
/// <param name="machined">machined.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class MachineBook(Machine1 machined, TimeProvider time, ILogger<MachineBook> logger)
{
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Entry, bool> _running = new();
    private int _isWatching;

    /// <summary>Has one listed, while its process runs, under the VM's name or, where that is taken, with a part of its id.</summary>
    public void Register(string name, Guid id, QemuProcess process)
    {
        if (Interlocked.Exchange(ref _isWatching, 1) == 0)
        {
            _ = WatchAsync();
        }

        _ = KeepAsync(new Entry(name, id, process));
    }

    private async Task KeepAsync(Entry entry)
    {
        _running.TryAdd(entry, true);
        await RegisterAsync(entry);
        await entry.Process.Exited;
        _running.TryRemove(entry, out _);
    }

    private void RegisterAll()
    {
        foreach (var entry in _running.Keys)
        {
            _ = RegisterAsync(entry);
        }
    }

    private async Task WatchAsync()
    {
        using var beginnings = machined.WatchBeginnings();
        try
        {
            await foreach (var _ in beginnings.ReadAllAsync(CancellationToken.None))
            {
                RegisterAll();
            }
        }
        catch (BusException)
        {
            // There will be no other bus: the agent is being stopped.
        }
    }

    // One try of an entry after another, since machined would stop the unit of a second machine with the same leader, and
    // the guest with it.
    private Task RegisterAsync(Entry entry)
    {
        lock (entry)
        {
            return entry.Last = RegisterAsync(entry, entry.Last);
        }
    }

    private async Task RegisterAsync(Entry entry, Task before)
    {
        await before;
        try
        {
            var pid = entry.Process.Identity.Pid;
            if (entry.Process.Exited.IsCompleted || await machined.HasAsync(pid, CancellationToken.None))
            {
                return;
            }

            var name = await IsFreeAsync(entry.Name) ? entry.Name : UnitName.Machine(entry.Name, entry.Id);
            await machined.RegisterAsync(new MachineRegistration(name, entry.Id, (uint)pid), CancellationToken.None);
        }
        catch (BusException error)
        {
            LogUnlisted(logger, entry.Name, error.Message);
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

    private sealed class Entry(string name, Guid id, QemuProcess process)
    {
        public string Name => name;

        public Guid Id => id;

        public QemuProcess Process => process;

        public Task Last { get; set; } = Task.CompletedTask;
    }
}
