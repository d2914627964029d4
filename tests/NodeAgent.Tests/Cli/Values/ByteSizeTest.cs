using CsCheck;
using NodeAgent.Cli.Values;

namespace NodeAgent.Tests.Cli.Values;

public sealed class ByteSizeTest
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("4096B", 4096)]
    [InlineData("256M", 256L << 20)]
    [InlineData("256m", 256L << 20)]
    [InlineData("256Mi", 256L << 20)]
    [InlineData("256 MiB", 256L << 20)]
    [InlineData("1GiB", 1L << 30)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("2T", 2L << 40)]
    [InlineData("0.5K", 512)]
    public void Sizes_count_in_powers_of_1024(string text, long expected)
    {
        ByteSize.TryParse(text, out var bytes, out var problem).ShouldBeTrue(problem);
        bytes.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1M")]
    [InlineData("1.5")]
    [InlineData("12X")]
    [InlineData("1MiBs")]
    [InlineData("99999999999P")]
    [InlineData("79228162514264337593543950336")]
    public void What_is_no_size_is_refused(string text)
    {
        ByteSize.TryParse(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_unit_with_two_meanings_is_refused_and_the_clear_one_named()
    {
        ByteSize.TryParse("256MB", out _, out var problem).ShouldBeFalse();
        problem.ShouldContain("MiB");
    }

    [Fact]
    public void What_is_written_is_read_back() => Gen.Long[0, long.MaxValue].Sample(bytes =>
        ByteSize.TryParse(ByteSize.Format(bytes), out var read, out _) && read == bytes);
}
