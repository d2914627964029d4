using NodeAgent.Cli.Yaml;

namespace NodeAgent.Tests.Cli.Yaml;

public sealed class YamlDocumentsTest
{
    [Fact]
    public void Several_documents_are_read_and_empty_ones_left_out() =>
        Read("---\nname: a\n---\n# nothing\n---\nname: b\n...\n").Count.ShouldBe(2);

    [Theory]
    [InlineData("name: a\nname: b\n", "f:2: name: this key stands here twice")]
    [InlineData("a: &x 1\nb: *x\n", "f:2: b: aliases are not supported; write the value out")]
    [InlineData("? [a]\n: b\n", "f:1: a key must be a plain word")]
    public void What_is_not_supported_is_refused_with_its_line(string text, string error) =>
        Should.Throw<YamlException>(() => Read(text)).Errors.ShouldHaveSingleItem().ToString().ShouldBe(error);

    [Fact]
    public void A_broken_file_is_refused_with_its_line() =>
        Should.Throw<YamlException>(() => Read("name: a\nspec: [\n")).Errors.ShouldHaveSingleItem().Line.ShouldBeInRange(2, 3);

    [Fact]
    public void Endless_nesting_is_refused() =>
        Should.Throw<YamlException>(() => Read(new string('[', 5000))).Message.ShouldContain("levels deep");

    private static IReadOnlyList<YamlNode> Read(string text) => YamlDocuments.Read(new StringReader(text), "f");
}
