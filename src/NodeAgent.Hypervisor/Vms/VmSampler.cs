using NodeAgent.Bindings.Qmp;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Samples the guests that run, beside everything else and by a beat of its own. Somebody who looks at the figures takes
/// what is known: nothing is asked of a guest for him, his look merely makes the next beat one that samples; while
/// nobody looks, most beats pass in silence.
/// A round waits for nobody that hangs: it goes a few guests at a time, one that is late gives its place to the next and
/// is sampled beside the round from then on, and one whose last sample is still under way is skipped. Its age tells.
/// </summary>
public sealed class VmSampler(VmRegistry registry, TimeProvider time)
{
    // Enough to hide the latency of one, few enough not to be felt by the guests.
    private const int AtOnce = 4;

    // Many times what a QEMU takes that answers at all: a millisecond or two.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _places = new(AtOnce), _placesOfLate = new(AtOnce);
    private readonly HashSet<Vm> _underWay = [], _late = [];
    private readonly Lock _lock = new();
    private int _looked;

    /// <summary>The beat: how often at most guests are sampled, however often somebody looks. At least 1 second.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often while nobody does.</summary>
    public TimeSpan IdleInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Called after each sample that was taken.</summary>
    public Action<VmSnapshot, VmStats>? OnSample { get; set; }

    /// <summary>Says that somebody looks at the figures: a scrape, a list. Takes no time and asks no guest anything.</summary>
    public void Look() => Volatile.Write(ref _looked, 1);

    /// <summary>The last sample of a VM for somebody who looks at it; <c>null</c> where there is none.</summary>
    public VmStats? LookAt(Guid id)
    {
        Look();
        return registry.Stats(id);
    }

    /// <summary>Samples until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var last = time.GetTimestamp();
            for (var first = true; ; first = false)
            {
                var beat = time.GetTimestamp();
                if (Interlocked.Exchange(ref _looked, 0) != 0 || first || time.GetElapsedTime(last, beat) >= IdleInterval)
                {
                    last = beat;
                    await SampleAllAsync(cancellationToken);
                }

                if (Interval - time.GetElapsedTime(beat) is { Ticks: > 0 } rest)
                {
                    await Task.Delay(rest, time, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    /// <summary>Samples every guest that runs and is not being sampled, and returns when each has answered or is late.</summary>
    public async Task SampleAllAsync(CancellationToken cancellationToken)
    {
        var due = Begin();
        _ = SampleAsync(due[true], _placesOfLate, cancellationToken);
        await SampleAsync(due[false], _places, cancellationToken);
    }

    /// <summary>Whom this round samples, and whether each was late the last time.</summary>
    private ILookup<bool, Vm> Begin()
    {
        lock (_lock)
        {
            var all = registry.All.Where(vm => vm.Snapshot.State is VmState.Running or VmState.Paused).ToHashSet();
            _late.IntersectWith(all);
            return all.Where(_underWay.Add).ToLookup(_late.Contains);
        }
    }

    private async Task SampleAsync(IEnumerable<Vm> vms, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        var asked = new List<Task>();
        foreach (var vm in vms)
        {
            // No token: whoever is on the list is taken off it, and a place is free soon, whatever the guests do.
            await places.WaitAsync(CancellationToken.None);
            asked.Add(AskAsync(vm, places, cancellationToken));
        }

        await Task.WhenAll(asked);
    }

    private async Task AskAsync(Vm vm, SemaphoreSlim places, CancellationToken cancellationToken)
    {
        var sample = TakeAsync(vm, cancellationToken);
        await sample.WaitAsync(Patience, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _ = sample.IsCompleted ? _late.Remove(vm) : _late.Add(vm);
        }

        places.Release();
    }

    private async Task TakeAsync(Vm vm, CancellationToken cancellationToken)
    {
        try
        {
            await vm.SampleAsync(cancellationToken);
        }
        catch (Exception error) when (error is QmpException or OperationCanceledException or ObjectDisposedException)
        {
            // Its age says that the last sample is an old one; a silent monitor is reported by the monitor itself.
            return;
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(vm);
            }
        }

        if (vm.Stats is { } stats)
        {
            OnSample?.Invoke(vm.Snapshot, stats);
        }
    }
}
