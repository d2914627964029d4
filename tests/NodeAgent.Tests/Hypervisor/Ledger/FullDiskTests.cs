using NodeAgent.Hypervisor.Events;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class FullDiskTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly SmallDisk _disk = new(kibibytes: 2_048);

    private LedgerOptions Options => LedgerSample.Options(_disk.Path) with { HealInterval = TimeSpan.FromMilliseconds(20) };

    public void Dispose() => _disk.Dispose();

    [Fact]
    public async Task Requests_are_refused_and_observed_facts_wait_in_order_until_there_is_room()
    {
        await using NodeLedger ledger = Open(Options).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)), new PutOperation(Operation(1)), new PutIntent(Intent(1, 1)));
        long last = await FillAsync(ledger);

        (await Should.ThrowAsync<LedgerException>(ledger.CommitAsync(new LedgerBatch(new InsertVm(Vm(2))))))
            .Reason.ShouldBe(LedgerReason.DiskFull);
        for (int n = 1; n <= 5; n++)
        {
            (await ledger.RecordAsync(new LedgerBatch(Event(n, "vm.crashed")))).ShouldBeOfType<DeferredCommit>();
        }

        (await ledger.RecordAsync(new LedgerBatch(
            new PutOperation(Operation(1, OperationState.Succeeded)), new ClearIntent(Id(1)), Event(6, "vm.crashed"))))
            .ShouldBeOfType<DeferredCommit>();
        ledger.Health.State.ShouldBe(LedgerState.Full);
        ledger.Health.PendingEvents.ShouldBe(6);
        ledger.Health.PendingBatches.ShouldBe(6);
        ledger.Health.Detail.ShouldNotBeNullOrEmpty();
        ledger.Events.Newest.Sequence.ShouldBe(last);

        await HealAsync(ledger);

        EventPage page = await ledger.Events.ReadAllAsync(new EventToken(ledger.Id, last));
        page.Events.Select(static e => e.Fact).ShouldBe(Enumerable.Range(1, 6).Select(static n => Event(n, "vm.crashed").Fact));
        (await ledger.FindOperationAsync(Operation(1).Id, Cancellation))!.State.ShouldBe(OperationState.Succeeded);
        await ledger.CommitAsync(new InsertVm(Vm(2)));
        ledger.Health.PendingEvents.ShouldBe(0);
    }

    [Fact]
    public async Task Events_beyond_what_memory_may_hold_are_counted_and_told()
    {
        await using NodeLedger ledger = Open(Options with { BacklogEventLimit = 3 }).Ledger;
        long last = await FillAsync(ledger);
        for (int n = 1; n <= 10; n++)
        {
            await ledger.RecordAsync(new LedgerBatch(Event(n, "vm.crashed"), new PutOperation(Operation(n))));
        }

        ledger.Health.LostEvents.ShouldBe(7);

        await HealAsync(ledger);

        EventPage page = await ledger.Events.ReadAllAsync(new EventToken(ledger.Id, last));
        page.Events.Select(static e => e.Fact.Kind)
            .ShouldBe(["vm.crashed", "vm.crashed", "vm.crashed", LedgerEvent.LostKind]);
        EventPayload told = EventPayload.Parse(page.Events[^1].Fact.Payload);
        told.Severity.ShouldBe(EventSeverity.Error);
        told.Details.ShouldBe(
            new Dictionary<string, string>
            {
                ["lost"] = "7",
                ["first"] = "2026-03-01T12:00:04.0000000Z",
                ["last"] = "2026-03-01T12:00:10.0000000Z",
            },
            ignoreOrder: true);
        ledger.Counters.EventsLost.ShouldBe(7);
        (await ledger.ListOperationsAsync(long.MaxValue, 100, Cancellation)).Count.ShouldBe(10);
    }

    [Fact]
    public async Task Ledger_opens_while_the_disk_is_full_and_heals()
    {
        await using (NodeLedger ledger = Open(Options).Ledger)
        {
            await ledger.CommitAsync(new InsertVm(Vm(1)), Event(1));
        }

        _disk.Fill();

        LedgerOpened opened = Open(Options);
        await using NodeLedger again = opened.Ledger;
        opened.Damage.ShouldBeNull();
        opened.Contents.Vms.ShouldBe([Vm(1)]);
        again.Epoch.ShouldBe(2);
        await ExhaustAsync(again);
        (await again.RecordAsync(new LedgerBatch(Event(2)))).ShouldBeOfType<DeferredCommit>();

        await HealAsync(again);

        (await again.Events.ReadAllAsync()).Events[^1].Fact.ShouldBe(Event(2).Fact);
    }

    [Fact]
    public async Task Killed_while_the_disk_was_full_it_opens_with_all_that_was_acknowledged()
    {
        string crashed;
        using var elsewhere = new TemporaryDirectory();
        long last;
        await using (NodeLedger ledger = Open(Options).Ledger)
        {
            await ledger.CommitAsync(new InsertVm(Vm(1)));
            last = await FillAsync(ledger);
            crashed = elsewhere.Path;
            foreach (string name in (string[])["ledger.db", "ledger.db-wal", "ledger.mark"])
            {
                await using FileStream source = new(
                    Path.Combine(_disk.Path, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                await using FileStream copy = File.Create(Path.Combine(crashed, name));
                await source.CopyToAsync(copy, Cancellation);
            }
        }

        LedgerOpened opened = Open(LedgerSample.Options(crashed));
        await using NodeLedger again = opened.Ledger;
        opened.Damage.ShouldBeNull();
        opened.Contents.Vms.ShouldBe([Vm(1)]);
        again.Events.Newest.Sequence.ShouldBe(last);
    }

    [Fact]
    public async Task Damaged_ledger_on_a_full_disk_is_left_as_it_is_until_there_is_room()
    {
        await using (NodeLedger ledger = Open(Options).Ledger)
        {
            await ledger.CommitAsync(new InsertVm(Vm(1)));
        }

        string path = Path.Combine(_disk.Path, "ledger.db");
        byte[] damaged = await File.ReadAllBytesAsync(path, Cancellation);
        damaged[18] ^= 1;
        await File.WriteAllBytesAsync(path, damaged, Cancellation);
        _disk.Fill();

        TryOpen(Options).ShouldBeOfType<LedgerUnusable>().Reason.ShouldBe(LedgerReason.DiskFull);
        (await File.ReadAllBytesAsync(path, Cancellation)).ShouldBe(damaged);

        _disk.Free();
        LedgerOpened opened = Open(Options);
        await opened.Ledger.DisposeAsync();
        opened.Damage.ShouldNotBeNull();
        opened.Contents.Vms.ShouldBe([Vm(1)]);
    }

    private async Task HealAsync(NodeLedger ledger)
    {
        var healed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ledger.HealthChanged += (_, health) =>
        {
            if (health is { State: LedgerState.Ok, PendingBatches: 0, LostEvents: 0 })
            {
                healed.TrySetResult();
            }
        };
        _disk.Free();
        await healed.Task.WaitAsync(Patience, Cancellation);
        // Health turns with the first transaction that succeeds; what waited is written before any later request is.
        await ledger.CommitAsync(new DeleteRun(Guid.NewGuid()));
    }

    /// <summary>Takes all room and writes until the ledger has used up what it had allocated already.</summary>
    private Task<long> FillAsync(NodeLedger ledger)
    {
        _disk.Fill();
        return ExhaustAsync(ledger);
    }

    private async Task<long> ExhaustAsync(NodeLedger ledger)
    {
        for (int n = 0; ; n++)
        {
            try
            {
                await ledger.CommitAsync(Event(n, new string('k', 2_000)));
            }
            catch (LedgerException full) when (full.Reason == LedgerReason.DiskFull)
            {
                // A last few bytes may be left where a smaller write would still fit.
                _disk.Fill();
                try
                {
                    await ledger.CommitAsync(Event(n, "small"));
                }
                catch (LedgerException stillFull) when (stillFull.Reason == LedgerReason.DiskFull)
                {
                    return ledger.Events.Newest.Sequence;
                }
            }
        }
    }
}
