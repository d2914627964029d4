using System.Collections.Concurrent;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// All VMs of this node, by id and by name. A VM keeps its own entries true, in its loop and before anybody is told:
/// whoever asked for the change may be gone by the time it is made.
/// </summary>
internal sealed class VmIndex
{
    private readonly ConcurrentDictionary<Guid, Vm> _vms = new();
    private readonly ConcurrentDictionary<string, Vm> _names = new(StringComparer.Ordinal);

    public int Count => _vms.Count;

    public IEnumerable<Vm> All => _vms.Values;

    public Vm? Find(Guid id) => _vms.GetValueOrDefault(id);

    public Vm? FindByName(string name) => _names.GetValueOrDefault(name);

    public void Add(Vm vm, VmDefinition definition)
    {
        _vms[definition.Id] = vm;
        _names[definition.Name] = vm;
    }

    /// <summary>Moves a VM to its new name. The old one may have found a new owner already.</summary>
    public void Rename(Vm vm, string before, string now)
    {
        if (now != before)
        {
            _names[now] = vm;
            _names.TryRemove(new(before, vm));
        }
    }

    public void Remove(Vm vm, VmDefinition definition)
    {
        _names.TryRemove(new(definition.Name, vm));
        _vms.TryRemove(new(definition.Id, vm));
    }

    /// <summary>Whether a new VM may have its id and its name, as far as the ledger cannot tell.</summary>
    /// <exception cref="VmException">It may not.</exception>
    public void RequireFree(VmDefinition wanted)
    {
        if (Find(wanted.Id) is { } taken)
        {
            throw taken.IsStray ? OfStray($"id {wanted.Id}", taken) : VmRecords.Refused(new VmTaken(wanted.Id, Name: null));
        }

        RequireNoStray(wanted.Name);
    }

    /// <summary>The ledger knows who has which name, except of those that are not in it.</summary>
    /// <exception cref="VmException">A QEMU that nobody has on record is shown under the name.</exception>
    public void RequireNoStray(string name)
    {
        if (FindByName(name) is { IsStray: true } stray)
        {
            throw OfStray($"name '{name}'", stray);
        }
    }

    private static VmException OfStray(string what, Vm stray)
    {
        var why = stray.Snapshot.State is VmState.Quarantined held ? $"{held.Why} " : "";
        return new VmException(
            VmErrorReason.AlreadyExists,
            $"The {what} is that of '{stray.Snapshot.Definition.Name}', which is in quarantine. {why}Choose another, or end that process and restart the agent.");
    }
}
