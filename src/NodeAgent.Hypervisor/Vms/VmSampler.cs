using NodeAgent.Bindings.Qmp;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Samples the guests that run, beside everything else: often while somebody looks, seldom otherwise, a few at a time,
/// and each on its own. A guest whose last sample is still waited for is skipped, so one that hangs delays nobody.
/// </summary>
public sealed class VmSampler(VmRegistry registry, TimeProvider time)
{
    // Enough to hide the latency of one, few enough not to be felt by the guests.
    private const int AtOnce = 4;
    private static readonly TimeSpan LookedAtFor = TimeSpan.FromMinutes(2);

    private readonly HashSet<Guid> _waiting = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _looked = new(0, 1);
    private long _lastLook = long.MinValue;

    /// <summary>How often while somebody looks. At least 1 second.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often while nobody does.</summary>
    public TimeSpan IdleInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Called after each sample that was taken.</summary>
    public Action<VmSnapshot, VmStats>? OnSample { get; set; }

    /// <summary>Says that somebody looks at the figures: a scrape, a <c>top</c>.</summary>
    public void Look()
    {
        var now = time.GetTimestamp();
        var before = Interlocked.Exchange(ref _lastLook, now);
        if ((before == long.MinValue || time.GetElapsedTime(before, now) > LookedAtFor) && _looked.CurrentCount == 0)
        {
            // The first look after a pause: fresh figures are wanted now, not at the end of a long interval.
            _looked.Release();
        }
    }

    /// <summary>Samples until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await SampleAllAsync(cancellationToken);
            var last = Interlocked.Read(ref _lastLook);
            var looked = last != long.MinValue && time.GetElapsedTime(last) < LookedAtFor;
            try
            {
                await Task.WhenAny(Task.Delay(looked ? Interval : IdleInterval, time, cancellationToken), _looked.WaitAsync(cancellationToken));
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Samples every guest that runs and is not being sampled, and returns when those that answer have.</summary>
    public async Task SampleAllAsync(CancellationToken cancellationToken)
    {
        using var slots = new SemaphoreSlim(AtOnce);
        foreach (var vm in registry.All)
        {
            if (vm.Snapshot.State is not (VmState.Running or VmState.Paused) || !Enter(vm))
            {
                continue;
            }

            await slots.WaitAsync(cancellationToken);
            _ = SampleAsync(vm, slots, cancellationToken);
        }

        for (var slot = 0; slot < AtOnce; slot++)
        {
            await slots.WaitAsync(cancellationToken);
        }
    }

    private async Task SampleAsync(Vm vm, SemaphoreSlim slots, CancellationToken cancellationToken)
    {
        try
        {
            await vm.SampleAsync(cancellationToken);
            if (vm.Stats is { } stats)
            {
                OnSample?.Invoke(vm.Snapshot, stats);
            }
        }
        catch (Exception error) when (error is QmpException or OperationCanceledException or ObjectDisposedException)
        {
            // Its age says that the last sample is an old one; a silent monitor is reported by the monitor itself.
        }
        finally
        {
            Leave(vm);
            slots.Release();
        }
    }

    private bool Enter(Vm vm)
    {
        lock (_lock)
        {
            return _waiting.Add(vm.Snapshot.Definition.Id);
        }
    }

    private void Leave(Vm vm)
    {
        lock (_lock)
        {
            _waiting.Remove(vm.Snapshot.Definition.Id);
        }
    }
}
