using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Hypervisor.Vms;

/// <summary>
/// Takes the guests down before the host. What autostart starts last goes first, and what it does not start before all
/// that; guests of one order together, so many at a time. Each is asked (its power button), then it is suspended to
/// disk where the configuration says so, then QEMU is told to flush and leave, then it is killed. A VM that is unknown or
/// in quarantine is not touched: its unit's end is systemd's work.
/// </summary>
public sealed class HostShutdown(VmRegistry registry, VmServices services)
{
    // What was begun and did not get there takes back what it did before the next rung.
    private static readonly TimeSpan TakeBackPatience = TimeSpan.FromSeconds(3);

    // A killed process ends in milliseconds, unless the kernel holds it, and then nobody can help it.
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(1);

    private static readonly RequestContext Host = new("host-shutdown");

    /// <summary>Takes them all down; returns when they are, or the time is up. Starts are refused from now on.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">The shutdown was called off, or the agent leaves: who is not down yet runs on.</param>
    public async Task RunAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        services.Gate.SetHostGoesDown(true);
        var budget = new HostShutdownBudget(limit, Suspends, services.Time);
        var guests = registry.List().Where(IsOurs).ToArray();
        await NoteAsync(EventKinds.NodeShutdownBegan, $"The host goes down: {guests.Length} guests are shut down within {limit.TotalSeconds:0} s.", EventSeverity.Info);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = services.Options.HostShutdown.Parallel, CancellationToken = cancellationToken };
        await TakeDownAsync(guests, budget, parallel);

        // A start that was accepted a moment before the gate closed.
        await TakeDownAsync([.. registry.List().Where(IsOurs)], budget, parallel);
        var suspended = guests.Count(vm => registry.TryGet(vm.Definition.Id) is { Saved.ByHost: true, State.MayHaveProcess: false });
        var left = guests.Where(vm => registry.TryGet(vm.Definition.Id) is { State.MayHaveProcess: true }).Select(vm => vm.Definition.Name).ToArray();
        await NoteAsync(
            EventKinds.NodeShutdownEnded,
            left.Length == 0 ? $"All {guests.Length} guests are down{(suspended > 0 ? $", {suspended} of them suspended to disk" : "")}." : $"{left.Length} of {guests.Length} guests are not down: {string.Join(", ", left)}.",
            left.Length == 0 ? EventSeverity.Info : EventSeverity.Error);
    }

    /// <summary>The host stays up after all; guests that are down stay down.</summary>
    public async Task CallOffAsync()
    {
        if (services.Gate.HostGoesDown)
        {
            services.Gate.SetHostGoesDown(false);
            await NoteAsync(EventKinds.NodeShutdownCancelled, "The host stays up. Guests that were shut down or suspended are not started again.", EventSeverity.Warning);
        }
    }

    private static bool IsOurs(VmSnapshot vm) => vm.State.MayHaveProcess && vm.State is not (VmState.Unknown or VmState.Quarantined);

    private bool Suspends => services.Options.HostShutdown.Fallback is HostShutdownFallback.Suspend;

    private async Task TakeDownAsync(VmSnapshot[] guests, HostShutdownBudget budget, ParallelOptions parallel)
    {
        foreach (var order in guests.GroupBy(vm => vm.Definition.Spec.Autostart?.Order).OrderByDescending(group => group.Key ?? int.MaxValue))
        {
            await Parallel.ForEachAsync(order, parallel, async (vm, token) => await TakeDownAsync(vm, budget, token));
        }
    }

    private async Task TakeDownAsync(VmSnapshot vm, HostShutdownBudget budget, CancellationToken cancellationToken)
    {
        var patience = Shortest(vm.Definition.Spec.Shutdown.Timeout, services.Options.HostShutdown.GuestTimeout, budget.ToAsk);
        if (patience > TimeSpan.Zero
            && await TryAsync(vm, new VmVerb.Shutdown(patience, Spec.ShutdownFallback.LeaveRunning), patience + services.Options.ClearAwayTimeout, () => budget.ToAsk, cancellationToken))
        {
            return;
        }

        if (Suspends && budget.ToSave is var toSave && toSave > TimeSpan.Zero
            && await TryAsync(vm, new VmVerb.Suspend(ByHost: true, Limit: toSave), toSave + TakeBackPatience, () => budget.ToQuit, cancellationToken))
        {
            return;
        }

        if (budget.ToQuit > TimeSpan.Zero && await TryAsync(vm, new VmVerb.Stop(Force: false), services.Options.QuitTimeout, () => budget.ToQuit, cancellationToken))
        {
            return;
        }

        await TryAsync(vm, new VmVerb.Stop(Force: true), KillPatience, () => KillPatience, cancellationToken);
    }

    /// <summary>Asks and waits. True when the VM is down; what was begun and did not get there in time is cancelled.</summary>
    private async Task<bool> TryAsync(VmSnapshot vm, VmVerb verb, TimeSpan patience, Func<TimeSpan> left, CancellationToken cancellationToken)
    {
        Operation? operation = null;
        try
        {
            operation = await registry.ApplyAsync(vm.Definition.Id.ToString("D"), verb, Host, cancellationToken).WaitAsync(Shortest(patience, left()), services.Time, cancellationToken);
            var ended = await services.Operations.WaitAsync(operation.Id, Shortest(patience, left()), cancellationToken);
            if (ended is { IsDone: false })
            {
                await services.Operations.CancelAsync(operation.Id, cancellationToken);
                await services.Operations.WaitAsync(operation.Id, Shortest(TakeBackPatience, left()), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (operation is not null && verb is VmVerb.Suspend)
        {
            // Called off: a guest that is not on disk yet runs on.
            await services.Operations.CancelAsync(operation.Id, CancellationToken.None);
            throw;
        }
        catch (Exception refusal) when (refusal is VmException or LedgerException or TimeoutException)
        {
            // The next rung of the ladder is tried; the last one needs nobody's consent.
            VmLog.ShutdownRungFailed(services.Logger, vm.Definition.Name, verb.Name, refusal.Message);
        }

        return registry.TryGet(vm.Definition.Id) is not { State.MayHaveProcess: true };
    }

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> spans)
    {
        var shortest = spans[0];
        foreach (var span in spans)
        {
            shortest = span < shortest ? span : shortest;
        }

        return shortest > TimeSpan.Zero ? shortest : TimeSpan.Zero;
    }

    // Waited for, because the host may be off a moment later; not for long, because a disk may be as good as off already.
    private async Task NoteAsync(string kind, string message, EventSeverity severity)
    {
        var batch = new LedgerBatch(new AppendEvent(
            new EventDraft(services.Time.GetUtcNow(), kind, null, new EventPayload(message, severity).ToJson()) { Caller = "agent" }));
        await Task.WhenAny(services.Ledger.RecordAsync(batch), Task.Delay(RecordPatience, services.Time));
    }
}
