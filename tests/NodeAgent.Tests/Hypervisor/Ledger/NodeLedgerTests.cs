using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class NodeLedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Everything_written_is_there_after_a_reopen()
    {
        OperationRow ended = Operation(2, OperationState.Failed) with
        {
            Fault = new OperationFault("START_FAILED", "no tap", """{"step":"tap"}"""),
            Progress = 40,
        };
        await using (NodeLedger ledger = Open(_directory).Ledger)
        {
            await ledger.CommitAsync(
                new InsertVm(Vm(1)), new InsertVm(Vm(2)), new PutRun(Run(1, 1)), new PutIntent(Intent(1, 1)),
                new PutOperation(Operation(1)), new PutOperation(ended), new ClaimKey(Key("r", 1)), Event(1, vm: 1));
        }

        LedgerOpened opened = Open(_directory);
        await using NodeLedger again = opened.Ledger;

        opened.Damage.ShouldBeNull();
        opened.Contents.Vms.ShouldBe([Vm(1), Vm(2)], ignoreOrder: true);
        opened.Contents.Runs.ShouldBe([Run(1, 1)]);
        opened.Contents.Intents.ShouldBe([Intent(1, 1)]);
        opened.Contents.Unfinished.ShouldBe([Operation(1)]);
        opened.Contents.LastOperation.ShouldBe(2);
        (await again.FindOperationAsync(ended.Id, Cancellation)).ShouldBe(ended);
        (await again.Events.ReadAllAsync()).Events.ShouldHaveSingleItem().Fact.ShouldBe(Event(1, vm: 1).Fact);
    }

    [Fact]
    public async Task Epoch_grows_with_each_open_and_the_id_stays()
    {
        var seen = new List<(Guid, long)>();
        for (int i = 0; i < 3; i++)
        {
            await using NodeLedger ledger = Open(_directory).Ledger;
            seen.Add((ledger.Id, ledger.Epoch));
        }

        seen.ShouldBe([(seen[0].Item1, 1), (seen[0].Item1, 2), (seen[0].Item1, 3)]);
    }

    [Fact]
    public async Task Refused_batch_leaves_nothing_behind()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));

        LedgerRefusal refusal = await ledger.RefusalAsync(
            new InsertVm(Vm(2)), Event(1), new InsertVm(Vm(3) with { Name = "vm-1" }));

        refusal.ShouldBe(new VmTaken(Id(1), "vm-1"));
        ledger.Events.Newest.Sequence.ShouldBe(0);
        (await ledger.CommitAsync(new InsertVm(Vm(2)), Event(2))).FirstEvent.ShouldBe(1);
    }

    [Fact]
    public async Task Vm_is_updated_only_from_the_generation_that_was_read()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));
        await ledger.CommitAsync(new UpdateVm(Vm(1) with { Generation = 2 }, 1));

        (await ledger.RefusalAsync(new UpdateVm(Vm(1) with { Generation = 2 }, 1))).ShouldBe(new VmChanged(Id(1), 2));
        (await ledger.RefusalAsync(new UpdateVm(Vm(9), 1))).ShouldBe(new VmMissing(Id(9)));
        (await ledger.RefusalAsync(new InsertVm(Vm(1)))).ShouldBe(new VmTaken(Id(1), Name: null));
        (await ledger.RefusalAsync(new PutRun(Run(1, 9)))).ShouldBe(new VmMissing(Id(9)));
        (await ledger.RefusalAsync(new PutIntent(Intent(9, 1)))).ShouldBe(new VmMissing(Id(9)));
    }

    [Fact]
    public async Task Deleted_vm_takes_its_runs_and_intent_along_but_not_its_operations()
    {
        await using (NodeLedger ledger = Open(_directory).Ledger)
        {
            await ledger.CommitAsync(
                new InsertVm(Vm(1)), new PutRun(Run(1, 1)), new PutRun(Run(2, 1)), new PutIntent(Intent(1, 1)),
                new PutOperation(Operation(1)));
            await ledger.CommitAsync(new DeleteVm(Id(1)));
        }

        LedgerOpened opened = Open(_directory);
        await using NodeLedger again = opened.Ledger;
        opened.Contents.Vms.ShouldBeEmpty();
        opened.Contents.Runs.ShouldBeEmpty();
        opened.Contents.Intents.ShouldBeEmpty();
        opened.Contents.Unfinished.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Batch_that_cannot_be_written_fails_alone()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        Task<LedgerCommit> bad = ledger.CommitAsync(new LedgerBatch(Event(1), new InsertVm(Vm(1) with { Spec = null! })));
        Task<LedgerCommit> good = ledger.CommitAsync(new LedgerBatch(Event(2)));

        (await Should.ThrowAsync<LedgerException>(bad)).Reason.ShouldBe(LedgerReason.Internal);
        (await good).ShouldBe(new DurableCommit(1, 1));
        ledger.Health.State.ShouldBe(LedgerState.Ok);
    }

    [Fact]
    public async Task Second_agent_on_the_directory_is_told_who_holds_it()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;

        TryOpen(Options(_directory)).ShouldBe(
            new LedgerHeld(Path.Combine(_directory.Path, "lock"), Environment.ProcessId));
    }

    [Fact]
    public async Task Closed_ledger_refuses()
    {
        NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(Event(1));
        await ledger.DisposeAsync();

        Should.Throw<LedgerException>(() => { _ = ledger.CommitAsync(new LedgerBatch(Event(1))); })
            .Reason.ShouldBe(LedgerReason.Closed);
        (await Should.ThrowAsync<LedgerException>(ledger.Events.ReadAllAsync())).Reason.ShouldBe(LedgerReason.Closed);
    }

    [Fact]
    public async Task What_was_submitted_before_the_close_is_written()
    {
        NodeLedger ledger = Open(_directory).Ledger;
        Task<LedgerCommit>[] commits =
            [.. Enumerable.Range(1, 2_000).Select(n => ledger.CommitAsync(new LedgerBatch(Event(n))))];
        await ledger.DisposeAsync();

        (await Task.WhenAll(commits)).ShouldAllBe(static commit => commit is DurableCommit);
        await using NodeLedger again = Open(_directory).Ledger;
        again.Events.Newest.Sequence.ShouldBe(2_000);
    }

    [Fact]
    public async Task Files_are_the_owners_alone()
    {
        string state = Path.Combine(_directory.Path, "state");
        await using NodeLedger ledger = Open(Options(state)).Ledger;
        await ledger.CommitAsync(Event(1));

        File.GetUnixFileMode(state).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Path.Combine(state, "ledger.db")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Directory_that_cannot_be_made_is_said()
    {
        string file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, string.Empty);

        TryOpen(new LedgerOptions { StateDirectory = Path.Combine(file, "state") })
            .ShouldBeOfType<LedgerUnusable>().Reason.ShouldBe(LedgerReason.DiskFailed);
    }
}
