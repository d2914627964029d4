using Microsoft.Extensions.Time.Testing;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class IdempotencyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new(inMemory: true);
    private readonly FakeTimeProvider _time = new(Noon);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Same_request_id_a_hundred_times_at_once_has_one_winner()
    {
        await using NodeLedger ledger = Open(Options(_directory), _time).Ledger;

        LedgerCommit[] outcomes = await Task.WhenAll(Enumerable.Range(1, 100).Select(n => Task.Run(
            () => ledger.CommitAsync(new LedgerBatch(
                new ClaimKey(Key("r", n)), new PutOperation(Operation(n)), Event(n))))));

        int winner = outcomes.ToList().FindIndex(static outcome => outcome is DurableCommit) + 1;
        outcomes.OfType<DurableCommit>().ShouldHaveSingleItem();
        outcomes.OfType<RefusedCommit>().Select(static refused => refused.Refusal).Distinct()
            .ShouldBe([new KeyTaken(Key("r", winner), IsConflict: false)]);
        (await ledger.ListOperationsAsync(long.MaxValue, 1_000, Cancellation)).ShouldBe([Operation(winner)]);
        ledger.Events.Newest.Sequence.ShouldBe(1);
    }

    [Fact]
    public async Task Same_request_id_for_something_else_is_a_conflict()
    {
        await using NodeLedger ledger = Open(Options(_directory), _time).Ledger;
        await ledger.CommitAsync(new ClaimKey(Key("r", 1)));

        (await ledger.RefusalAsync(new ClaimKey(Key("r", 2, fingerprint: "other"))))
            .ShouldBe(new KeyTaken(Key("r", 1), IsConflict: true));
        (await ledger.RefusalAsync(new ClaimKey(Key("r", 2) with { Method = "StopVm" })))
            .ShouldBe(new KeyTaken(Key("r", 1), IsConflict: true));
        await ledger.CommitAsync(new ClaimKey(Key("r", 2) with { Scope = "uid:1000" }));
    }

    [Fact]
    public async Task Key_is_found_after_a_reopen_and_forgotten_when_it_is_too_old()
    {
        LedgerOptions options = Options(_directory) with { KeyAge = TimeSpan.FromHours(24) };
        await using (NodeLedger ledger = Open(options, _time).Ledger)
        {
            await ledger.CommitAsync(new ClaimKey(Key("r", 1)));
        }

        await using NodeLedger again = Open(options, _time).Ledger;
        _time.Advance(TimeSpan.FromHours(23));
        (await again.FindKeyAsync("uid:0", "r", Cancellation)).ShouldBe(Key("r", 1));
        (await again.FindKeyAsync("uid:1", "r", Cancellation)).ShouldBeNull();

        _time.Advance(TimeSpan.FromHours(2));
        (await again.FindKeyAsync("uid:0", "r", Cancellation)).ShouldBeNull();
        await again.CommitAsync(new ClaimKey(Key("r", 2, fingerprint: "other", at: _time.GetUtcNow())));
        (await again.FindKeyAsync("uid:0", "r", Cancellation))!.OperationId.ShouldBe(Id(2_002));
    }
}
