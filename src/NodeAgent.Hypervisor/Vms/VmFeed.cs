using System.Runtime.CompilerServices;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Everything that happens to VMs leaves through here, once. Observers are called in order and see every change;
/// watchers get the newest state of each VM: a slow one loses intermediates, never the last.
/// </summary>
public sealed class VmFeed
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, VmSnapshot> _current = [];
    private readonly List<VmWatcher> _watchers = [];
    private readonly List<Action<VmChange>> _observers = [];

    /// <summary>Adds an observer. It is called under the feed's lock with every change and must return at once.</summary>
    public void Observe(Action<VmChange> observer)
    {
        lock (_lock)
        {
            foreach (var snapshot in _current.Values)
            {
                observer(new VmChange.Changed(snapshot));
            }

            _observers.Add(observer);
        }
    }

    /// <summary>All VMs as they are, a marker, then changes, until cancelled.</summary>
    public async IAsyncEnumerable<VmChange> Watch([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var watcher = new VmWatcher();
        lock (_lock)
        {
            foreach (var snapshot in _current.Values)
            {
                watcher.Offer(snapshot.Definition.Id, new VmChange.Changed(snapshot));
            }

            watcher.Offer(Guid.Empty, VmChange.Synced.Instance);
            _watchers.Add(watcher);
        }

        try
        {
            while (true)
            {
                yield return await watcher.NextAsync(cancellationToken);
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    internal void Publish(VmSnapshot snapshot)
    {
        lock (_lock)
        {
            _current[snapshot.Definition.Id] = snapshot;
            Tell(snapshot.Definition.Id, new VmChange.Changed(snapshot));
        }
    }

    internal void Remove(Guid id, string name)
    {
        lock (_lock)
        {
            _current.Remove(id);
            Tell(id, new VmChange.Deleted(id, name));
        }
    }

    private void Tell(Guid id, VmChange change)
    {
        _observers.ForEach(observer => observer(change));
        _watchers.ForEach(watcher => watcher.Offer(id, change));
    }
}
