using NodeAgent.Hypervisor.Vms;

namespace NodeAgent.Rpc;

/// <summary>Tells streams that belong to a run of a VM when that run is over, also those that wait for a client that takes nothing.</summary>
internal sealed class RunEnds
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Guid> _runs = [];
    private readonly HashSet<RunWatch> _watches = [];

    public RunEnds(VmRegistry registry) => registry.Feed.Observe(Note);

    /// <summary>Cancels a stream's life when the run is over, at once where it is already. Dispose of the answer before the life.</summary>
    public RunWatch Watch(Guid vmId, Guid runId, CancellationTokenSource life)
    {
        var watch = new RunWatch(vmId, runId, life, Leave);
        lock (_gate)
        {
            _watches.Add(watch);
            EndIfOver(watch);
        }

        return watch;
    }

    // Under the feed's lock, hence nothing but book-keeping.
    private void Note(VmChange change)
    {
        var (id, run) = change switch
        {
            VmChange.Changed { Snapshot: var vm } => (vm.Definition.Id, vm.Run?.Id),
            VmChange.Deleted deleted => (deleted.Id, null),
            _ => (Guid.Empty, (Guid?)null),
        };
        lock (_gate)
        {
            if (run == _runs.GetValueOrDefault(id) && run is not null)
            {
                return;
            }

            if (run is { } now)
            {
                _runs[id] = now;
            }
            else if (!_runs.Remove(id))
            {
                return;
            }

            foreach (var watch in _watches.Where(watch => watch.VmId == id))
            {
                EndIfOver(watch);
            }
        }
    }

    private void EndIfOver(RunWatch watch)
    {
        if (!_runs.TryGetValue(watch.VmId, out var now) || now != watch.RunId)
        {
            watch.End();
        }
    }

    // Under the lock, so that nothing ends a life that its owner disposes of next.
    private void Leave(RunWatch watch)
    {
        lock (_gate)
        {
            _watches.Remove(watch);
        }
    }
}

/// <summary>One stream's watch over a run.</summary>
internal sealed class RunWatch(Guid vmId, Guid runId, CancellationTokenSource life, Action<RunWatch> leave) : IDisposable
{
    private volatile bool _isOver;

    public Guid VmId { get; } = vmId;

    public Guid RunId { get; } = runId;

    /// <summary>Whether the run is over.</summary>
    public bool IsOver => _isOver;

    /// <summary>Cancels the stream's life, on another thread.</summary>
    public void End()
    {
        _isOver = true;
        _ = life.CancelAsync();
    }

    public void Dispose() => leave(this);
}
