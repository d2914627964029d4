using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Metrics;

/// <summary>
/// Series of VMs: set when a change or a sample arrives, so that a scrape asks nobody anything. Those of a deleted VM
/// vanish with it; counters of a run begin anew with the next process, which Prometheus takes for the reset it is.
/// </summary>
internal sealed class VmMetrics
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, VmSeries> _vms = [];
    private readonly VmFamilies _families;

    public VmMetrics(MetricsRegistry registry)
    {
        _families = new VmFamilies(registry.Factory);
        foreach (var state in VmWords.States)
        {
            _families.Count.WithLabels(state).Set(0);
        }
    }

    /// <summary>Takes a change from the feed.</summary>
    public void Record(VmChange change)
    {
        lock (_gate)
        {
            switch (change)
            {
                case VmChange.Changed { Snapshot: var vm }:
                    Record(vm);
                    break;
                case VmChange.Deleted deleted when _vms.Remove(deleted.Id, out var series):
                    _families.Count.WithLabels(series.State).Dec();
                    series.Remove();
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Takes a sample.</summary>
    public void Record(VmSnapshot vm, VmStats stats)
    {
        lock (_gate)
        {
            // A sample that was under way when its VM stopped or was deleted comes too late.
            if (_vms.TryGetValue(vm.Definition.Id, out var series))
            {
                series.Record(vm, stats);
            }
        }
    }

    private void Record(VmSnapshot vm)
    {
        if (_vms.TryGetValue(vm.Definition.Id, out var series) && series.Name != vm.Definition.Name)
        {
            _families.Count.WithLabels(series.State).Dec();
            series.Remove();
            series = null;
        }

        if (series is null)
        {
            _vms[vm.Definition.Id] = series = new VmSeries(_families, vm);
        }
        else
        {
            _families.Count.WithLabels(series.State).Dec();
            series.Record(vm);
        }

        _families.Count.WithLabels(series.State).Inc();
    }
}
