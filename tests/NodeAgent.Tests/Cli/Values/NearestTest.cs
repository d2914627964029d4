using NodeAgent.Cli.Values;

namespace NodeAgent.Tests.Cli.Values;

public sealed class NearestTest
{
    [Theory]
    [InlineData("memroy", "memory")]
    [InlineData("dsks", "disks")]
    [InlineData("machin", "machine")]
    [InlineData("Kernel", "kernel")]
    public void A_misspelt_word_is_recognised(string word, string meant) =>
        Nearest.To(word, ["memory", "disks", "machine", "kernel"]).ShouldBe(meant);

    [Fact]
    public void A_word_that_is_like_none_is_left_alone() => Nearest.To("flavour", ["memory", "disks"]).ShouldBeNull();
}
