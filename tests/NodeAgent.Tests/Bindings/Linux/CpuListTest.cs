using CsCheck;
using NodeAgent.Bindings.Linux;

namespace NodeAgent.Tests.Bindings.Linux;

public sealed class CpuListTest
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("0-3", new[] { 0, 1, 2, 3 })]
    [InlineData("0-1,8,10-11", new[] { 0, 1, 8, 10, 11 })]
    [InlineData("5,1", new[] { 1, 5 })]
    [InlineData("", new int[0])]
    [InlineData(null, new int[0])]
    [InlineData("3-1", new int[0])]
    [InlineData("a-b", new int[0])]
    [InlineData("1-", new int[0])]
    [InlineData("0-99999999", new int[0])]
    public void Lists_are_read_and_nonsense_is_empty(string? text, int[] expected) =>
        CpuList.Parse(text).ShouldBe(expected);

    [Fact]
    public void Any_set_survives_being_written_and_read() => Gen.Int[0, 300].HashSet.Sample(set =>
        CpuList.Parse(string.Join(',', set)).ShouldBe(set.Order()));

    [Fact]
    public void Any_text_is_read_without_failing() => Gen.String[Gen.Char["0123456789-, x"], 0, 20].Sample(text =>
        CpuList.Parse(text).Length.ShouldBeLessThanOrEqualTo(65536));
}
