using System.Threading.Channels;
using NodeAgent.Bindings.Qmp;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Samples the guests that run, beside everything else: after each look at the figures, so that the next look finds
/// fresh ones, and seldom when nobody looks. A few at a time, and each on its own: a guest whose last sample is still
/// waited for is skipped, so one that hangs delays nobody.
/// </summary>
public sealed class VmSampler(VmRegistry registry, TimeProvider time)
{
    // Enough to hide the latency of one, few enough not to be felt by the guests.
    private const int AtOnce = 4;

    private readonly HashSet<Guid> _waiting = [];
    private readonly Lock _lock = new();

    // Holds one look: while it waits for its samples, further looks are served by the same.
    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>How often at most, however often somebody looks. At least 1 second.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often while nobody does.</summary>
    public TimeSpan IdleInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Called after each sample that was taken.</summary>
    public Action<VmSnapshot, VmStats>? OnSample { get; set; }

    /// <summary>Says that somebody looks at the figures: a scrape, a <c>top</c>.</summary>
    public void Look() => _looks.Writer.TryWrite(true);

    /// <summary>Samples until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var began = time.GetTimestamp();
                await SampleAllAsync(cancellationToken);
                await WaitForLookAsync(cancellationToken);
                var early = Interval - time.GetElapsedTime(began);
                if (early > TimeSpan.Zero)
                {
                    await Task.Delay(early, time, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
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

    private async Task WaitForLookAsync(CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(IdleInterval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        try
        {
            await _looks.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nobody looked.
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
