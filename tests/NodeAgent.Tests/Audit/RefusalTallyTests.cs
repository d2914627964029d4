using Microsoft.Extensions.Time.Testing;
using NodeAgent.Audit;
using NodeAgent.Hypervisor.Ledger;

namespace NodeAgent.Tests.Audit;

public sealed class RefusalTallyTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly RefusalTally _tally;
    private readonly List<AuditDraft> _written = [];

    public RefusalTallyTests() => _tally = new RefusalTally(_time);

    public void Dispose() => _tally.Dispose();

    [Fact]
    public void The_first_is_told_at_once_and_its_repeats_together()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Refuse("viewer:alice", port: i);
        }

        _written.ShouldHaveSingleItem().Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(10));

        _written.Select(told => told.Count).ShouldBe([1, 9_999]);
        (_written[1].Caller, _written[1].Source, _written[1].Result).ShouldBe(("viewer:alice", "192.0.2.7", "PERMISSION_DENIED"));
    }

    [Fact]
    public void Those_that_go_on_are_told_less_and_less_often_and_none_is_lost()
    {
        var sum = 0;
        for (var second = 0; second < 24 * 3600; second += 15, sum++)
        {
            Refuse("prometheus");
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        _tally.Flush(_written.Add);

        _written.Sum(told => told.Count).ShouldBe(sum);
        _written.Count.ShouldBeLessThan(40);
    }

    [Fact]
    public void What_was_quiet_for_a_while_is_told_at_once_again()
    {
        Refuse("alice");
        _time.Advance(TimeSpan.FromMinutes(3));
        Refuse("alice");

        _written.Select(told => told.Count).ShouldBe([1, 1]);
    }

    [Fact]
    public void Different_callers_methods_and_reasons_are_told_apart_up_to_a_number()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Refuse($"mallory{i}");
        }

        _time.Advance(TimeSpan.FromSeconds(10));

        _written.Count.ShouldBe(RefusalTally.MostKinds + 2);
        _written[^1].Caller.ShouldBe("others");
        _written.Sum(told => told.Count).ShouldBe(10_000);
    }

    [Fact]
    public void What_a_stranger_says_of_itself_and_which_of_its_addresses_it_takes_makes_no_other_kind()
    {
        for (var i = 0; i < 1_000; i++)
        {
            RefuseStranger($"CN=mallory{i}", $"[2001:db8::{i:x}]:{i + 1}");
        }

        _time.Advance(TimeSpan.FromSeconds(10));

        _written.Select(told => told.Count).ShouldBe([1, 999]);
        (_written[0].Source, _written[0].Subject).ShouldBe(("[2001:db8::0]:1", "CN=mallory0"));
        (_written[1].Source, _written[1].Subject).ShouldBe(("2001:db8::/64", ""));
    }

    [Fact]
    public void Strangers_are_told_apart_up_to_a_number_and_take_no_callers_place()
    {
        for (var i = 0; i < 1_000; i++)
        {
            RefuseStranger("", $"[2001:db8:0:{i:x}::1]:443");
        }

        for (var i = 0; i < RefusalTally.MostKinds; i++)
        {
            Refuse($"operator:alice{i}");
        }

        _written.Count.ShouldBe(RefusalTally.MostKindsOfStrangers + 1 + RefusalTally.MostKinds);
        _written[RefusalTally.MostKindsOfStrangers].Caller.ShouldBe("strangers");
        _written[^1].Caller.ShouldBe("operator:alice255");
        _time.Advance(TimeSpan.FromSeconds(10));
        _written.Sum(told => told.Count).ShouldBe(1_000 + RefusalTally.MostKinds);
        _written[^1].Caller.ShouldBe("strangers");
    }

    private void RefuseStranger(string subject, string source) => _tally.Add(
        new AuditDraft(_time.GetUtcNow(), AuditKind.Refusal) { Source = source, Method = "handshake", Subject = subject, Result = "UNAUTHENTICATED" },
        _written.Add);

    private void Refuse(string caller, int port = 1) => _tally.Add(
        new AuditDraft(_time.GetUtcNow(), AuditKind.Refusal) { Caller = caller, Source = $"192.0.2.7:{port}", Method = "VmService/StopVm", Result = "PERMISSION_DENIED", Reason = "NOT_PERMITTED" },
        _written.Add);
}
