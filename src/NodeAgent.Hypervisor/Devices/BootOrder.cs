using NodeAgent.Hypervisor.Spec;

namespace NodeAgent.Hypervisor.Devices;

/// <summary>In which order the firmware tries devices: 1 is first; a device without a number is not tried.</summary>
internal sealed class BootOrder
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    /// <summary>Numbers the devices: as the spec says, or else all disks and then all networks.</summary>
    public BootOrder(VmSpec spec)
    {
        if (spec.Kernel is not null)
        {
            return;
        }

        var natural = spec.Disks.Select(disk => disk.Name).Concat(spec.NetworkInterfaces.Select(network => network.Name));
        foreach (var name in spec.BootOrder.IsEmpty ? natural : spec.BootOrder)
        {
            _indexes.Add(name, _indexes.Count + 1);
        }
    }

    /// <summary>The number of a device, or <c>null</c>.</summary>
    public int? IndexOf(string name) => _indexes.TryGetValue(name, out var index) ? index : null;
}
