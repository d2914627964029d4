using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>Series that come and go together, such as those of one VM. Used by one thread at a time.</summary>
internal sealed class SeriesSet
{
    private readonly List<Action> _removals = [];

    public Gauge.Child Add(Gauge family, params string[] labels)
    {
        _removals.Add(() => family.RemoveLabelled(labels));
        return family.WithLabels(labels);
    }

    public Counter.Child Add(Counter family, params string[] labels)
    {
        _removals.Add(() => family.RemoveLabelled(labels));
        return family.WithLabels(labels);
    }

    /// <summary>Takes them off the page.</summary>
    public void Remove()
    {
        _removals.ForEach(remove => remove());
        _removals.Clear();
    }
}
