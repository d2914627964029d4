using CsCheck;
using Google.Protobuf.WellKnownTypes;
using NodeAgent.Cli.Values;

namespace NodeAgent.Tests.Cli.Values;

public sealed class DurationTextTest
{
    [Theory]
    [InlineData("30s", 30, 0)]
    [InlineData("2m", 120, 0)]
    [InlineData("1m30s", 90, 0)]
    [InlineData("1m 30s", 90, 0)]
    [InlineData("1.5h", 5400, 0)]
    [InlineData("500ms", 0, 500_000_000)]
    [InlineData("1.250s", 1, 250_000_000)]
    [InlineData("7us", 0, 7000)]
    [InlineData("1d", 86400, 0)]
    [InlineData("0", 0, 0)]
    public void Durations_are_numbers_with_units(string text, long seconds, int nanoseconds)
    {
        DurationText.TryParse(text, out var duration, out var problem).ShouldBeTrue(problem);
        duration.ShouldBe(new Duration { Seconds = seconds, Nanos = nanoseconds });
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-3s")]
    [InlineData("3 parsecs")]
    [InlineData("1..5s")]
    [InlineData("400000000000s")]
    [InlineData("79228162514264337593543950335d")]
    public void What_is_no_duration_is_refused(string text) => DurationText.TryParse(text, out _, out _).ShouldBeFalse();

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Select(Gen.Long[0, 315_576_000_000 - 1], Gen.Int[0, 999_999_999]).Sample((seconds, nanoseconds) =>
        {
            var duration = new Duration { Seconds = seconds, Nanos = nanoseconds };
            return DurationText.TryParse(DurationText.Format(duration), out var read, out _) && read.Equals(duration);
        });
}
