using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class CallerPlacesTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_wait_for_their_own_calls_only_and_cost_nothing_afterwards()
    {
        var places = new CallerPlaces(atOnce: 1, waiting: 1);
        var first = await places.EnterAsync("a", Ct);
        var second = places.EnterAsync("a", Ct).AsTask();
        var third = await places.EnterAsync("a", Ct);
        var other = await places.EnterAsync("b", Ct);

        first.IsAcquired.ShouldBeTrue();
        second.IsCompleted.ShouldBeFalse();
        third.IsAcquired.ShouldBeFalse();
        other.IsAcquired.ShouldBeTrue();

        third.Dispose();
        other.Dispose();
        places.Count.ShouldBe(1);
        first.Dispose();
        (await second).IsAcquired.ShouldBeTrue();
        (await second).Dispose();
        places.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Who_goes_while_waiting_leaves_nothing()
    {
        var places = new CallerPlaces(atOnce: 1, waiting: 1);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using (await places.EnterAsync("a", Ct))
        {
            var waiting = places.EnterAsync("a", gone.Token).AsTask();
            await gone.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        }

        places.Count.ShouldBe(0);
    }
}
