using Microsoft.Extensions.Time.Testing;
using NodeAgent.Security;

namespace NodeAgent.Tests.Security;

public sealed class RateLimitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RateLimit _limit;

    public RateLimitTests() => _limit = new RateLimit(_time);

    [Fact]
    public void A_caller_has_one_seconds_worth_and_then_waits()
    {
        for (var i = 0; i < 10; i++)
        {
            _limit.Take("a", 10).ShouldBeNull();
        }

        _limit.Take("a", 10).ShouldBe(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Waiting_that_long_is_enough()
    {
        for (var i = 0; i < 10; i++)
        {
            _limit.Take("a", 10);
        }

        _time.Advance(_limit.Take("a", 10)!.Value);

        _limit.Take("a", 10).ShouldBeNull();
        _limit.Take("a", 10).ShouldNotBeNull();
    }

    [Fact]
    public void Over_a_minute_no_more_pass_than_the_rate_allows()
    {
        var passed = 0;
        for (var i = 0; i < 60_000; i++)
        {
            passed += _limit.Take("a", 10) is null ? 1 : 0;
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        passed.ShouldBeInRange(600, 610);
    }

    [Fact]
    public void One_caller_takes_nothing_from_another()
    {
        while (_limit.Take("a", 10) is null)
        {
        }

        _limit.Take("b", 10).ShouldBeNull();
    }

    [Fact]
    public void A_lower_limit_takes_effect_at_once()
    {
        _limit.Take("a", 1000);

        for (var i = 0; i < 5; i++)
        {
            _limit.Take("a", 5).ShouldBeNull();
        }

        _limit.Take("a", 5).ShouldNotBeNull();
    }

    [Fact]
    public void Memory_does_not_grow_with_the_callers_seen()
    {
        for (uint uid = 0; uid < 100_000; uid++)
        {
            _limit.Take($"uid:{uid}", 10);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        _limit.Remembered.ShouldBeLessThan(2048);
    }
}
