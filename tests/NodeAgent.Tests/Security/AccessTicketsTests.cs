using System.Text;
using Microsoft.Extensions.Time.Testing;
using NodeAgent.Security;

namespace NodeAgent.Tests.Security;

public sealed class AccessTicketsTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly Guid Vm = Guid.NewGuid(), Run = Guid.NewGuid();

    private readonly FakeTimeProvider _time = new();
    private readonly AccessTickets _tickets;

    public AccessTicketsTests() => _tickets = new AccessTickets(_time);

    [Fact]
    public void Ticket_opens_what_it_is_for_once()
    {
        var grant = Grant(readOnly: true);
        var ticket = Issue(grant);

        Redeem(ticket).ShouldBe(grant);
        Refusal(() => Redeem(ticket)).ShouldBe(TicketReason.Used);
        ticket.ExpireTime.ShouldBe(_time.GetUtcNow() + Minute);
    }

    [Fact]
    public async Task Of_a_hundred_who_present_it_at_once_one_gets_in()
    {
        for (var round = 0; round < 20; round++)
        {
            var ticket = Issue(Grant());
            using var start = new ManualResetEventSlim();
            var callers = Enumerable.Range(0, 100).Select(_ => Task.Run(() =>
            {
                start.Wait(TestContext.Current.CancellationToken);
                return TryRedeem(ticket);
            })).ToList();

            start.Set();

            (await Task.WhenAll(callers)).Count(isIn => isIn).ShouldBe(1);
        }
    }

    [Fact]
    public void Secrets_are_long_and_never_the_same()
    {
        var secrets = Enumerable.Range(0, AccessTickets.MostOfOne).Select(_ => Issue(Grant()).Secret).ToList();

        secrets.ShouldBeUnique();
        // 32 bytes: twice what nobody can guess.
        secrets.ShouldAllBe(secret => secret.Length == 43 && secret.All(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_'));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void What_is_no_ticket_opens_nothing(string secret)
    {
        Issue(Grant());

        Refusal(() => _tickets.Redeem(secret, TicketKind.Console, _ => Run)).ShouldBe(TicketReason.Unknown);
    }

    [Fact]
    public void Time_ends_it()
    {
        var (just, late) = (Issue(Grant()), Issue(Grant()));

        _time.Advance(Minute - TimeSpan.FromTicks(1));
        Redeem(just);
        _time.Advance(TimeSpan.FromTicks(1));

        Refusal(() => Redeem(late)).ShouldBe(TicketReason.Expired);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Step_of_the_clock_neither_ends_nor_prolongs_it(int days)
    {
        var clock = new SteppedClock();
        var tickets = new AccessTickets(clock);
        var (first, second) = (tickets.Issue(Grant(), Minute, "", out _)!, tickets.Issue(Grant(), Minute, "", out _)!);

        clock.Now += TimeSpan.FromDays(days);
        tickets.Redeem(first.Secret, TicketKind.Console, _ => Run);
        clock.Passed += Minute;

        Refusal(() => tickets.Redeem(second.Secret, TicketKind.Console, _ => Run)).ShouldBe(TicketReason.Expired);
    }

    [Fact]
    public void One_for_the_other_kind_opens_nothing_and_stays_good()
    {
        var ticket = Issue(Grant());

        Refusal(() => _tickets.Redeem(ticket.Secret, TicketKind.Display, _ => Run)).ShouldBe(TicketReason.Mismatch);

        Redeem(ticket);
    }

    [Fact]
    public void End_of_the_run_voids_it_also_when_another_begins()
    {
        var ticket = Issue(Grant());
        Guid? now = null;

        Refusal(() => _tickets.Redeem(ticket.Secret, TicketKind.Console, _ => now)).ShouldBe(TicketReason.Void);
        now = Guid.NewGuid();
        Refusal(() => _tickets.Redeem(ticket.Secret, TicketKind.Console, vm => vm == Vm ? now : null)).ShouldBe(TicketReason.Void);
    }

    [Fact]
    public void Repeat_of_a_request_gets_the_same_ticket_and_makes_no_second()
    {
        var first = _tickets.Issue(Grant(), Minute, "alice\0r1", out var isNew)!;
        isNew.ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(10));

        var again = _tickets.Issue(Grant(), Minute, "alice\0r1", out isNew)!;

        isNew.ShouldBeFalse();
        again.Secret.ShouldBe(first.Secret);
        again.ExpireTime.ShouldBe(first.ExpireTime);
        _tickets.Issue(Grant(), Minute, "alice\0r2", out _)!.Secret.ShouldNotBe(first.Secret);
        new AccessTickets(_time).Issue(Grant(), Minute, "alice\0r1", out _)!.Secret.ShouldNotBe(first.Secret, "another life of the agent knows nothing of this one");
        Redeem(first);
        _tickets.Issue(Grant(), Minute, "alice\0r1", out _);
        Refusal(() => Redeem(first)).ShouldBe(TicketReason.Used, "a repeat does not make it good again");
    }

    [Fact]
    public void One_caller_has_so_many_and_no_more_until_some_are_used_or_expire()
    {
        var mine = Enumerable.Range(0, AccessTickets.MostOfOne).Select(_ => Issue(Grant())).ToList();
        _tickets.Issue(Grant(), Minute, "", out _).ShouldBeNull();
        Issue(Grant(issuer: "bob"));

        Redeem(mine[0]);
        Issue(Grant());
        _tickets.Issue(Grant(), Minute, "", out _).ShouldBeNull();
        _time.Advance(Minute);

        Issue(Grant());
    }

    [Fact]
    public void All_together_have_so_many()
    {
        for (var i = 0; i < AccessTickets.MostOfAll; i++)
        {
            Issue(Grant(issuer: $"caller{i / AccessTickets.MostOfOne}"));
        }

        _tickets.Issue(Grant(issuer: "one more"), Minute, "", out _).ShouldBeNull();
    }

    [Fact]
    public void Memory_does_not_grow_with_the_tickets_that_were_made()
    {
        var waiting = Issue(Grant());
        for (var i = 0; i < 10_000; i++)
        {
            Redeem(Issue(Grant(), TimeSpan.FromMinutes(10)));
        }

        _tickets.Remembered.ShouldBeInRange(1, 4 * AccessTickets.MostOfAll);
        Redeem(waiting);
        _time.Advance(TimeSpan.FromMinutes(21));
        Issue(Grant());
        _tickets.Remembered.ShouldBe(1);
    }

    [Fact]
    public void One_that_was_taken_back_is_not_known()
    {
        var ticket = Issue(Grant());

        _tickets.Withdraw(ticket);

        Refusal(() => Redeem(ticket)).ShouldBe(TicketReason.Unknown);
    }

    [Fact]
    public void Nothing_that_is_kept_is_the_secret()
    {
        var secret = Issue(Grant()).Secret;
        var kept = new List<string>();
        Collect(_tickets, kept, 0);

        kept.ShouldContain(text => text.Length == 44, "the hash is there");
        kept.ShouldNotContain(text => text.Contains(secret, StringComparison.Ordinal));
        Issue(Grant()).ToString()!.ShouldNotContain(secret[..8]);
    }

    private static TicketGrant Grant(bool readOnly = false, string issuer = "alice") => new(TicketKind.Console, Vm, Run, readOnly, issuer);

    private IssuedTicket Issue(TicketGrant grant, TimeSpan? lifetime = null) => _tickets.Issue(grant, lifetime ?? Minute, "", out _).ShouldNotBeNull();

    private TicketGrant Redeem(IssuedTicket ticket) => _tickets.Redeem(ticket.Secret, TicketKind.Console, _ => Run);

    private bool TryRedeem(IssuedTicket ticket)
    {
        try
        {
            Redeem(ticket);
            return true;
        }
        catch (TicketException)
        {
            return false;
        }
    }

    private static TicketReason Refusal(Action redeem) => Should.Throw<TicketException>(redeem).Reason;

    // Every text, and every array of bytes read as one, that hangs on an object of ours.
    private static void Collect(object? from, List<string> found, int depth)
    {
        switch (from)
        {
            case string text:
                found.Add(text);
                return;
            case byte[] bytes:
                found.Add(Encoding.Latin1.GetString(bytes));
                found.Add(System.Buffers.Text.Base64Url.EncodeToString(bytes));
                return;
            case System.Collections.IDictionary map:
                foreach (System.Collections.DictionaryEntry entry in map)
                {
                    Collect(entry.Key, found, depth + 1);
                    Collect(entry.Value, found, depth + 1);
                }

                return;
            case { } other when depth < 6 && other.GetType().Assembly == typeof(AccessTickets).Assembly && !other.GetType().IsEnum:
                const System.Reflection.BindingFlags all = System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public;
                foreach (var field in other.GetType().GetFields(all))
                {
                    Collect(field.GetValue(other), found, depth + 1);
                }

                return;
            default:
                return;
        }
    }

    private sealed class SteppedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
