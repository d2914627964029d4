using CsCheck;
using NodeAgent.Hypervisor.Ledger;
using static NodeAgent.Tests.Hypervisor.Ledger.LedgerSample;

namespace NodeAgent.Tests.Hypervisor.Ledger;

public sealed class EventLogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryDirectory _directory = new(inMemory: true);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Numbers_have_no_gaps_whatever_fails_between()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(new InsertVm(Vm(1)));
        await Task.WhenAll(Enumerable.Range(0, 300).Select(async n =>
        {
            await ledger.CommitAsync(n % 3 == 0
                ? new LedgerBatch(Event(n), Event(n), new InsertVm(Vm(1)))
                : new LedgerBatch(Event(n)));
        }));

        EventPage page = await ledger.Events.ReadAllAsync();
        page.Events.Select(static e => e.Sequence).ShouldBe(Enumerable.Range(1, 200).Select(static n => (long)n));
        page.IsCaughtUp.ShouldBeTrue();
        page.Next.ShouldBe(ledger.Events.Newest);
    }

    [Fact]
    public async Task Reading_piece_by_piece_gives_all_that_the_filter_wants_once()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(
            [.. Enumerable.Range(1, 900).Select(n => Event(n, n % 2 == 0 ? "vm.started" : "node.full", vm: n % 3))]);
        var filter = new EventFilter { Kinds = ["vm."], VmId = Id(0) };
        var seen = new List<long>();
        EventToken? place = null;
        EventPage page;
        do
        {
            page = (await ledger.Events.ReadAsync(place, filter, 7, Cancellation)).ShouldBeOfType<EventPage>();
            seen.AddRange(page.Events.Select(static e => e.Sequence));
            place = page.Next;
        }
        while (!page.IsCaughtUp);

        seen.ShouldBe(Enumerable.Range(1, 900).Where(static n => n % 6 == 0).Select(static n => (long)n));
    }

    [Fact]
    public async Task Follower_sees_every_event_once_while_others_write()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        const int count = 1_500;
        Task[] followers = [.. Enumerable.Range(0, 4).Select(async _ =>
        {
            EventFollower follower = ledger.Events.Follow(null, EventFilter.All);
            long expected = 1;
            while (expected <= count)
            {
                var page = (await follower.NextAsync(50, Patience, Cancellation)).ShouldBeOfType<EventPage>();
                page.Events.ShouldNotBeEmpty();
                foreach (LedgerEvent item in page.Events)
                {
                    item.Sequence.ShouldBe(expected++);
                }
            }
        })];
        for (int n = 0; n < count; n += 5)
        {
            await ledger.CommitAsync(Event(n), Event(n), Event(n), Event(n), Event(n));
        }

        await Task.WhenAll(followers).WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Follower_goes_on_from_its_place_after_a_reopen()
    {
        string token;
        await using (NodeLedger ledger = Open(_directory).Ledger)
        {
            await ledger.CommitAsync(Event(1), Event(2), Event(3));
            EventFollower follower = ledger.Events.Follow(null, EventFilter.All);
            await follower.NextAsync(2, Patience, Cancellation);
            token = follower.Place.ToString();
            await ledger.CommitAsync(Event(4));
        }

        await using NodeLedger again = Open(_directory).Ledger;
        EventFollower resumed = again.Events.Follow(EventToken.TryParse(token), EventFilter.All);
        (await resumed.NextAsync(10, Patience, Cancellation)).ShouldBeOfType<EventPage>()
            .Events.Select(static e => e.Sequence).ShouldBe([3, 4]);
    }

    [Fact]
    public async Task Wait_at_the_end_ends_with_an_empty_page()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        EventFollower follower = ledger.Events.Follow(null, EventFilter.All);

        (await follower.NextAsync(10, TimeSpan.FromMilliseconds(20), Cancellation)).ShouldBeOfType<EventPage>()
            .Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task Token_of_another_ledger_or_from_the_future_is_out_of_range()
    {
        await using NodeLedger ledger = Open(_directory).Ledger;
        await ledger.CommitAsync(Event(1));

        foreach (EventToken token in (EventToken[])
            [new(Guid.NewGuid(), 0), new(ledger.Id, 2), new(ledger.Id, -1), new(ledger.Id, long.MaxValue)])
        {
            (await ledger.Events.ReadAsync(token, EventFilter.All, 10, Cancellation))
                .ShouldBe(new EventsOutOfRange(new EventToken(ledger.Id, 0), new EventToken(ledger.Id, 1)));
        }
    }

    [Fact]
    public async Task Follower_slower_than_the_trimming_is_told_so_and_costs_nothing()
    {
        await using NodeLedger ledger = Open(Options(_directory) with { EventCount = 100 }).Ledger;
        EventFollower slow = ledger.Events.Follow(null, EventFilter.All);
        for (int n = 0; n < 40; n++)
        {
            await ledger.CommitAsync([.. Enumerable.Range(0, 50).Select(static i => Event(i))]);
        }

        EventToken oldest = (await slow.NextAsync(10, Patience, Cancellation)).ShouldBeOfType<EventsOutOfRange>().Oldest;
        oldest.Sequence.ShouldBeGreaterThan(0);
        EventPage rest;
        long begin;
        do
        {
            // The ledger may trim once more, behind the last commit and after it was answered.
            begin = ledger.Events.Oldest.Sequence;
            rest = await ledger.Events.ReadAllAsync();
        }
        while (ledger.Events.Oldest.Sequence != begin || ledger.Counters.EventsTrimmed != begin);

        rest.Events[0].Sequence.ShouldBe(ledger.Events.Oldest.Sequence + 1);
        rest.Events[^1].Sequence.ShouldBe(2_000);
        rest.Events.Length.ShouldBeInRange(100, 100 + 64 + 50);
        ledger.Counters.EventsTrimmed.ShouldBe(ledger.Events.Oldest.Sequence);
    }

    [Fact]
    public void Token_survives_its_text_form()
    {
        Gen.Select(Gen.Guid, Gen.Long[0, long.MaxValue]).Sample(static (id, sequence) =>
            EventToken.TryParse(new EventToken(id, sequence).ToString()) == new EventToken(id, sequence));
        Gen.String.Sample(static text => EventToken.TryParse(text) is null);
        EventToken.TryParse(null).ShouldBeNull();
    }
}
