using NodeAgent.Cli.Output;

namespace NodeAgent.Tests.Cli.Output;

public sealed class HumanTextTest
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(256 << 20, "256 MiB")]
    [InlineData(3L << 29, "1.5 GiB")]
    [InlineData(16L << 40, "16 TiB")]
    public void Sizes_are_rounded(double bytes, string expected) => HumanText.Size(bytes).ShouldBe(expected);

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(59, "59s")]
    [InlineData(310, "5m10s")]
    [InlineData(7260, "2h1m")]
    [InlineData(273600, "3d4h")]
    public void Spans_have_two_units(double seconds, string expected) => HumanText.Span(TimeSpan.FromSeconds(seconds)).ShouldBe(expected);
}
