using NodeAgent.Rpc;

namespace NodeAgent.Tests.Rpc;

public sealed class StreamLimitTests
{
    [Fact]
    public void A_place_that_is_left_can_be_taken_again_once()
    {
        var limit = new StreamLimit();
        var first = limit.Enter(1, 2)!;
        limit.Enter(1, 2).ShouldNotBeNull();
        limit.Enter(1, 2).ShouldBeNull();

        first.Dispose();
        first.Dispose();

        limit.Enter(1, 2).ShouldNotBeNull();
        limit.Enter(1, 2).ShouldBeNull();
        limit.Enter(2, 2).ShouldNotBeNull();
    }
}
