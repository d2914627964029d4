using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class LedgerTidyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Old_events_go_in_steps_and_the_numbers_go_on()
    {
        LedgerOptions options = Options(_directory) with { EventAge = TimeSpan.FromDays(1) };
        await using (NodeLedger ledger = Open(options, _time).Ledger)
        {
            await ledger.CommitAsync([.. Enumerable.Range(1, 1_700).Select(static n => Event(n))]);
            _time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1_600));
            await TidiedAsync(ledger, () => Task.FromResult(ledger.Counters.EventsTrimmed >= 1_599));

            ledger.Events.Oldest.Sequence.ShouldBe(1_599);
            (await ledger.CommitAsync(Event(9))).FirstEvent.ShouldBe(1_701);
        }

        await using NodeLedger again = Open(options, _time).Ledger;
        again.Events.Oldest.Sequence.ShouldBe(1_599);
        (await again.Events.ReadAllAsync()).Events.Length.ShouldBe(102);
    }

    [Fact]
    public async Task Numbers_go_on_when_all_events_are_gone()
    {
        LedgerOptions options = Options(_directory) with { EventAge = TimeSpan.FromDays(1) };
        long newest;
        await using (NodeLedger ledger = Open(options, _time).Ledger)
        {
            await ledger.CommitAsync(Event(1), Event(2));
            _time.Advance(TimeSpan.FromDays(3));
            await TidiedAsync(ledger, () => Task.FromResult(ledger.Counters.EventsTrimmed > 0));
            newest = ledger.Events.Newest.Sequence;
        }

        await using NodeLedger again = Open(options, _time).Ledger;
        again.Events.Newest.Sequence.ShouldBe(newest);
        (await again.CommitAsync(Event(3))).FirstEvent.ShouldBe(newest + 1);
    }

    [Fact]
    public async Task Ended_operations_go_by_age_and_number_and_running_ones_stay()
    {
        LedgerOptions options = Options(_directory) with { OperationCount = 10, OperationAge = TimeSpan.FromDays(1) };
        await using NodeLedger ledger = Open(options, _time).Ledger;
        await ledger.CommitAsync(
        [
            new PutOperation(Operation(1)),
            .. Enumerable.Range(2, 29).Select(static n => new PutOperation(Operation(n, OperationState.Succeeded))),
        ]);

        _time.Advance(TimeSpan.FromMinutes(2));
        await TidiedAsync(ledger, async () => (await NumbersAsync(ledger)).Length < 30);
        (await NumbersAsync(ledger)).ShouldBe([.. Enumerable.Range(21, 10).Reverse().Select(static n => (long)n), 1L]);

        _time.Advance(TimeSpan.FromDays(2));
        await TidiedAsync(ledger, async () => (await NumbersAsync(ledger)).Length < 11);
        (await NumbersAsync(ledger)).ShouldBe([1L]);
    }

    [Fact]
    public async Task Log_file_is_copied_back_in_a_quiet_moment_and_begins_anew()
    {
        await using NodeLedger ledger = Open(Options(_directory), _time).Ledger;
        for (int n = 0; n < 40; n++)
        {
            await ledger.CommitAsync(Event(n), Event(n, new string('k', 20_000)));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        await TidiedAsync(ledger, () => Task.FromResult(ledger.Counters.Checkpoints > 0));
        long length = new FileInfo(Path.Combine(_directory.Path, "ledger.db-wal")).Length;
        for (int n = 0; n < 40; n++)
        {
            await ledger.CommitAsync(Event(n));
        }

        new FileInfo(Path.Combine(_directory.Path, "ledger.db-wal")).Length.ShouldBe(length);
    }

    private static async Task<long[]> NumbersAsync(NodeLedger ledger) =>
        [.. (await ledger.ListOperationsAsync(long.MaxValue, 100, Cancellation)).Select(static row => row.Number)];

    /// <summary>Waits for the writer's thread, which does its chores after the batches that came before them.</summary>
    private static async Task TidiedAsync(NodeLedger ledger, Func<Task<bool>> isDone)
    {
        for (int attempt = 0; attempt < 1_000 && !await isDone(); attempt++)
        {
            await ledger.RecordAsync([]);
            await Task.Delay(5, Cancellation);
        }

        (await isDone()).ShouldBeTrue();
    }
}
