namespace NodeAgent.Tests;

public sealed class PlaceTest
{
    [Fact]
    public void Floors_are_there() => typeof(PlaceTest).Assembly.ShouldNotBeNull();
}
