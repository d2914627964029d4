using CsCheck;
using NodeAgent.Cli.Output;

namespace NodeAgent.Tests.Cli.Output;

public sealed class WrappedTextTest
{
    [Theory]
    [InlineData("one two three four five six", null, "one two three four five six")]
    [InlineData("one two three four five six", 20, "one two three four|five six")]
    [InlineData("one two three four five six", 23, "one two three four five|six")]
    [InlineData("one two three four five six", 5, "one two three four five six")]
    [InlineData("see /a/path/that/is/longer/than/the/line for more", 20, "see|/a/path/that/is/longer/than/the/line|for more")]
    [InlineData("", 20, "")]
    public void Text_is_broken_between_words(string text, int? width, string lines) => string.Join('|', WrappedText.Lines(text, width)).ShouldBe(lines);

    [Fact]
    public void Nothing_is_lost_and_only_long_words_are_too_wide() =>
        Gen.Select(Gen.OneOf(new[] { "a", "word", "something", "averyveryverylongwordindeed" }.Select(Gen.Const).ToArray()).List[0, 30], Gen.Int[20, 60]).Sample((words, width) =>
        {
            var text = string.Join(' ', words);
            var lines = WrappedText.Lines(text, width).ToList();
            return string.Join(' ', lines) == text && lines.TrueForAll(line => line.Length <= width || !line.Contains(' ', StringComparison.Ordinal));
        });
}
