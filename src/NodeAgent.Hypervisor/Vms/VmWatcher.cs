namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// One watcher's waiting changes: at most one a VM, in the order in which the VMs first changed. A watcher that has
/// stopped reading costs one reference a VM, however long it sleeps.
/// </summary>
internal sealed class VmWatcher
{
    private readonly Lock _lock = new();
    private readonly Queue<Guid> _order = new();
    private readonly Dictionary<Guid, VmChange> _newest = [];
    private TaskCompletionSource? _waiting;

    public void Offer(Guid id, VmChange change)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            if (!_newest.ContainsKey(id))
            {
                _order.Enqueue(id);
            }

            _newest[id] = change;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetResult();
    }

    public async ValueTask<VmChange> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            lock (_lock)
            {
                if (_order.TryDequeue(out var id) && _newest.Remove(id, out var change))
                {
                    return change;
                }

                _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _waiting.Task;
            }

            await arrival.WaitAsync(cancellationToken);
        }
    }
}
