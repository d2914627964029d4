using NodeAgent.Security;

namespace NodeAgent.Tests.Security;

public sealed class PlaceCountTests
{
    [Fact]
    public void A_place_that_is_left_can_be_taken_again_once()
    {
        var limit = new PlaceCount();
        var first = limit.Enter("a", 2)!;
        limit.Enter("a", 2).ShouldNotBeNull();
        limit.Enter("a", 2).ShouldBeNull();

        first.Dispose();
        first.Dispose();

        limit.Enter("a", 2).ShouldNotBeNull();
        limit.Enter("a", 2).ShouldBeNull();
        limit.Enter("b", 2).ShouldNotBeNull();
    }
}
