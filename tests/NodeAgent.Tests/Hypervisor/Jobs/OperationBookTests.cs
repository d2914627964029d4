using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hypervisor.Jobs;
using NodeAgent.Hypervisor.Ledger;
using NodeAgent.Tests.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Jobs;

public sealed class OperationBookTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly RequestContext Alice = new("uid:1000", "request");
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Draft_is_nobodys_business_until_it_is_published()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        var seen = new List<Operation>();
        book.Changed += seen.Add;
        OperationHandle handle = book.Draft("StartVm", Id(1), Alice);

        (await book.FindAsync(handle.Id, Cancellation)).ShouldBeNull();
        await ledger.CommitAsync(handle.BeginWrite);
        book.Publish(handle);

        Operation operation = (await book.FindAsync(handle.Id, Cancellation)).ShouldNotBeNull();
        operation.ShouldSatisfyAllConditions(
            () => operation.State.ShouldBe(OperationState.Running),
            () => operation.VmId.ShouldBe(Id(1)),
            () => operation.Caller.ShouldBe("uid:1000"),
            () => operation.RequestId.ShouldBe("request"),
            () => operation.Epoch.ShouldBe(1),
            () => operation.Created.ShouldBe(Noon));
        seen.ShouldBe([operation]);
        book.RunningCount.ShouldBe(1);
    }

    [Fact]
    public async Task Progress_is_seen_at_once_costs_no_sync_and_never_goes_back()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        OperationHandle handle = await BeginAsync(ledger, book);
        long commits = ledger.Counters.Commits;

        handle.Report("volumes", 40);
        handle.Report("qemu", 30);

        Operation operation = (await book.FindAsync(handle.Id, Cancellation)).ShouldNotBeNull();
        (operation.Phase, operation.Progress).ShouldBe(("qemu", 40));
        (await book.ListAsync(long.MaxValue, 10, Cancellation)).ShouldBe([operation]);
        ledger.Counters.Commits.ShouldBe(commits);
    }

    [Fact]
    public async Task Waiter_is_woken_by_the_end_and_by_the_end_of_its_patience()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        OperationHandle handle = await BeginAsync(ledger, book);
        Task<Operation?> impatient = book.WaitAsync(handle.Id, Minute, Cancellation);
        Task<Operation?> patient = book.WaitAsync(handle.Id, 10 * Minute, Cancellation);

        _time.Advance(2 * Minute);
        (await impatient).ShouldNotBeNull().IsDone.ShouldBeFalse();
        patient.IsCompleted.ShouldBeFalse();

        await EndAsync(ledger, book, handle, new OperationFault("NO_TAP", "no tap"));

        Operation ended = (await patient).ShouldNotBeNull();
        (ended.State, ended.Fault, ended.Ended).ShouldBe((OperationState.Failed, new OperationFault("NO_TAP", "no tap"), Noon + (2 * Minute)));
        (await book.WaitAsync(handle.Id, Minute, Cancellation)).ShouldBe(ended);
        (await book.WaitAsync(Guid.NewGuid(), Minute, Cancellation)).ShouldBeNull();
        book.RunningCount.ShouldBe(0);
    }

    [Fact]
    public async Task Cancelling_asks_the_work_and_leaves_what_ended_alone()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        OperationHandle handle = await BeginAsync(ledger, book);

        (await book.CancelAsync(handle.Id, Cancellation)).ShouldBeTrue();

        handle.Cancelled.IsCancellationRequested.ShouldBeTrue();
        handle.Current.CancelRequested.ShouldBeTrue();
        PutOperation end = handle.EndWrite(new OperationFault("CANCELLED", "asked for"), cancelled: true);
        await ledger.CommitAsync(end);
        book.Complete(handle, end);
        (await book.CancelAsync(handle.Id, Cancellation)).ShouldBeTrue();
        (await book.CancelAsync(Guid.NewGuid(), Cancellation)).ShouldBeFalse();
        handle.Current.State.ShouldBe(OperationState.Cancelled);
        (await ledger.FindOperationAsync(handle.Id, Cancellation)).ShouldNotBeNull().CancelRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task What_ended_stays_as_it_ended()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        OperationHandle handle = await BeginAsync(ledger, book);
        await EndAsync(ledger, book, handle);
        Operation ended = handle.Current;

        handle.Report("late", 10);

        handle.Current.ShouldBe(ended);
        (ended.State, ended.Progress).ShouldBe((OperationState.Succeeded, 100));
    }

    [Fact]
    public async Task End_is_true_before_the_disk_has_it()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        OperationHandle handle = await BeginAsync(ledger, book);

        // As with a full disk: the write waits, the operation does not.
        book.Complete(handle, handle.EndWrite(null));

        (await ledger.FindOperationAsync(handle.Id, Cancellation)).ShouldNotBeNull().State.ShouldBe(OperationState.Running);
        (await book.FindAsync(handle.Id, Cancellation)).ShouldBe(handle.Current);
        (await book.WaitAsync(handle.Id, Minute, Cancellation)).ShouldBe(handle.Current);
        (await book.ListAsync(long.MaxValue, 10, Cancellation)).ShouldBe([handle.Current]);
    }

    [Fact]
    public async Task Unfinished_operations_of_an_earlier_agent_are_handed_out_and_can_be_waited_for()
    {
        OperationHandle lost;
        await using (NodeLedger ledger = Open(out OperationBook book))
        {
            OperationHandle done = await BeginAsync(ledger, book);
            lost = await BeginAsync(ledger, book);
            await EndAsync(ledger, book, done);
        }

        await using (NodeLedger ledger = Open(out OperationBook book))
        {
            OperationHandle inherited = book.Interrupted.ShouldHaveSingleItem();
            inherited.Current.ShouldBe(lost.Current);
            inherited.Current.Epoch.ShouldBeLessThan(ledger.Epoch);
            Task<Operation?> waiter = book.WaitAsync(lost.Id, Minute, Cancellation);
            await EndAsync(ledger, book, inherited, new OperationFault("INTERRUPTED", "the agent ended"));
            (await waiter).ShouldNotBeNull().State.ShouldBe(OperationState.Failed);
            (await BeginAsync(ledger, book)).Current.Number.ShouldBe(3);
        }
    }

    [Fact]
    public async Task List_goes_page_by_page_through_what_the_filter_wants()
    {
        await using NodeLedger ledger = Open(out OperationBook book);
        var expected = new List<long>();
        for (int n = 1; n <= 450; n++)
        {
            OperationHandle handle = book.Draft(n % 2 == 0 ? "StartVm" : "StopVm", Id(n % 5), Alice);
            await ledger.CommitAsync(handle.EndWrite(n % 3 == 0 ? new OperationFault("X", "x") : null));
            if (n % 2 == 0 && n % 5 == 0 && n % 3 == 0)
            {
                expected.Insert(0, handle.Current.Number);
            }
        }

        var filter = new OperationFilter { Verb = "StartVm", VmId = Id(0), State = OperationState.Failed };
        var seen = new List<long>();
        long below = long.MaxValue;
        IReadOnlyList<Operation> page;
        do
        {
            page = await book.ListAsync(below, 4, filter, Cancellation);
            seen.AddRange(page.Select(static operation => operation.Number));
            below = seen[^1];
        }
        while (page.Count == 4);

        seen.ShouldBe(expected);
        expected.Count.ShouldBe(15);
    }

    private static async Task<OperationHandle> BeginAsync(NodeLedger ledger, OperationBook book)
    {
        OperationHandle handle = book.Draft("StartVm", Id(1), Alice);
        await ledger.CommitAsync(handle.BeginWrite);
        book.Publish(handle);
        return handle;
    }

    private static async Task EndAsync(NodeLedger ledger, OperationBook book, OperationHandle handle, OperationFault? fault = null)
    {
        PutOperation end = handle.EndWrite(fault);
        await ledger.CommitAsync(end);
        book.Complete(handle, end);
    }

    private NodeLedger Open(out OperationBook book)
    {
        LedgerOpened opened = LedgerSample.Open(Options(_directory), _time);
        book = new OperationBook(opened.Ledger, opened.Contents, _time);
        return opened.Ledger;
    }
}
